#pragma once
// Expected responses of views: files NAME.views.gz, lines `view height hexrequest hexresponse`. Requests are without
// the height in front;
// `-` is empty, `error` a call that fails, `sha256:…` the digest of a long response.

#include <filesystem>
#include <string>
#include <vector>

#include "alkanes/views.hpp"

namespace warpshrew::test {

struct ExpectedView {
    std::string name;
    std::uint64_t height = 0;
    Bytes request;
    std::string response;
};

/// Reads such a file; an error names it.
[[nodiscard]] Result<std::vector<ExpectedView>> load_views(const std::filesystem::path& file);

struct ViewComparison {
    std::size_t compared = 0, different = 0;
};

/// Calls the view over `state` and adds a test failure, for the first few, where the response is another.
void compare_view(const ExpectedView& expected, const alkanes::Views& views, const store::StateReader& state,
                  ViewComparison& comparison);

}  // namespace warpshrew::test
