#include "alkanes/views.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <vector>

#include "alkanes/views_internal.hpp"

namespace warpshrew::alkanes {

namespace {

const std::vector<View>& all_views() {
    static const std::vector<View> all = [] {
        std::vector<View> out;
        for (const auto views : {call_views(), state_views(), protorune_views()}) {
            out.insert(out.end(), views.begin(), views.end());
        }
        return out;
    }();
    return all;
}

// Views of the reference that replay a whole transaction or block; they write nothing that an indexer has to match.
constexpr std::array<std::string_view, 3> unsupported = {"simulatetransaction", "simulateprotostones", "simulateblock"};

}  // namespace

std::span<const std::string_view> view_names() {
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> out;
        for (const View& view : all_views()) out.push_back(view.name);
        return out;
    }();
    return names;
}

static bool unsupported_view(std::string_view name) {
    return std::find(unsupported.begin(), unsupported.end(), name) != unsupported.end();
}

bool view_exists(std::string_view name) {
    const auto names = view_names();
    return std::find(names.begin(), names.end(), name) != names.end() || unsupported_view(name);
}

Views::Views(const protorune::Network& network, const Builtins& builtins, wasm::Engine& engine)
    : network_(network), builtins_(builtins), engine_(engine) {}

Result<Bytes> Views::call(std::string_view name, std::uint64_t height, BytesView request,
                          const store::StateReader& state) const {
    const std::vector<View>& all = all_views();
    const auto view = std::find_if(all.begin(), all.end(), [&](const View& v) { return v.name == name; });
    if (view == all.end()) {
        return fail("view " + std::string(name) + (unsupported_view(name) ? " is not supported" : " does not exist"));
    }
    // Without their code the answer would be a wrong one: a contract that reverts, a token without a name.
    if (view->runs_contracts && network_.active(height) && !builtins_.missing().empty()) {
        return fail(missing_builtins_text(builtins_, network_));
    }
    const Environment environment{network_, builtins_, engine_};
    store::BlockState changes(state);
    const ViewCall call{environment, changes, height, request};
    Result<Bytes> response;
    try {
        if (view->runs_contracts) {
            engine_.run_deep([&] { response = view->run(call); });
        } else {
            response = view->run(call);
        }
    } catch (const std::exception& e) {
        return fail(std::string("the view could not be executed: ") + e.what());
    }
    return response;
}

}  // namespace warpshrew::alkanes
