#include "support/expected_views.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "alkanes/gzip.hpp"
#include "base/file.hpp"
#include "base/hex.hpp"
#include "base/sha256.hpp"

namespace warpshrew::test {

Result<std::vector<ExpectedView>> load_views(const std::filesystem::path& file) {
    const Result<Bytes> content = read_file(file);
    if (!content) return tl::unexpected(content.error());
    const Result<Bytes> text = alkanes::gunzip(*content);
    if (!text) return fail(file.string() + ": " + text.error().reason);
    std::istringstream lines(*text);
    std::vector<ExpectedView> out;
    ExpectedView v;
    std::string request;
    while (lines >> v.name >> v.height >> request >> v.response) {
        const Result<Bytes> bytes = request == "-" ? Result<Bytes>(Bytes{}) : from_hex(request);
        if (!bytes) return fail(file.string() + ": " + bytes.error().reason);
        v.request = *bytes;
        out.push_back(v);
    }
    return out;
}

static std::string masked(const Result<Bytes>& response, bool as_digest) {
    if (!response) return "error";
    if (as_digest) return "sha256:" + to_hex(view(sha256(*response)));
    return response->empty() ? "-" : to_hex(*response);
}

void compare_view(const ExpectedView& expected, const alkanes::Views& views, const store::StateReader& state,
                  ViewComparison& comparison) {
    const Result<Bytes> response = views.call(expected.name, expected.height, expected.request, state);
    const std::string got = masked(response, expected.response.starts_with("sha256:"));
    comparison.compared++;
    if (got == expected.response) return;
    if (++comparison.different <= 5) {
        ADD_FAILURE() << expected.name << ' ' << expected.height << ' ' << to_hex(expected.request) << ": " << got
                      << ", expected " << expected.response;
    }
}

}  // namespace warpshrew::test
