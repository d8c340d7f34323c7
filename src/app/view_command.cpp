#include <iostream>
#include <nlohmann/json.hpp>

#include "alkanes/views.hpp"
#include "app/commands.hpp"
#include "app/node.hpp"
#include "app/report.hpp"
#include "base/hex.hpp"

namespace warpshrew::app {

int view_command(const SharedOptions& shared, const ViewCommand& command) {
    std::string_view text = command.request;
    if (text.starts_with("0x")) text.remove_prefix(2);
    const Result<Bytes> request = from_hex(text);
    if (!request)
        return failed({"the request is not hex: " + request.error().reason + " at digit " +
                       std::to_string(request.error().offset)});
    const Result<std::unique_ptr<Node>> opened = Node::open(shared, {.create = false, .read_only = true});
    if (!opened) return failed(opened.error());
    Node& node = **opened;
    const Result<std::uint64_t> height = height_in(node.db, command.height, shared.db_path);
    if (!height) return failed(height.error());

    const alkanes::Views views(node.network, node.builtins, node.engine);
    const Result<Bytes> response = views.call(command.name, *height, *request, *node.db.at(*height));
    if (!response) return failed(response.error());
    // A value that could not be read counts as absent while the view runs; the answer would be wrong.
    if (const Result<void> sound = node.db.health(); !sound) return failed(sound.error());
    if (shared.json) {
        std::cout << nlohmann::ordered_json{{"view", command.name},
                                            {"height", *height},
                                            {"response", to_hex(*response)}}
                         .dump()
                  << '\n';
    } else {
        std::cout << to_hex(*response) << '\n';
    }
    return 0;
}

}  // namespace warpshrew::app
