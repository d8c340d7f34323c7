// What a call gives back: tokens, storage writes, data.
#pragma once
#include "context.hpp"
#include "storage.hpp"

namespace alkanes {

struct Response {
    Buffer transfers;
    u32 transfer_count = 0;
    Buffer data;
};

inline Response* response = nullptr;

/// Sends tokens to the caller. A contract may send any amount of its own token: that mints.
inline void send(const AlkaneId& id, u128 value) {
    response->transfers.put(id).put(value);
    ++response->transfer_count;
}
inline void send_all(const Transfer* transfers, u32 count) {
    for (u32 i = 0; i < count; ++i) send(transfers[i].id, transfers[i].value);
}
inline void return_incoming() { send_all(context.incoming, context.incoming_count); }

inline void return_data(Bytes b) { response->data.put(b); }
inline void return_data(u128 n) { response->data.put(n); }

}  // namespace alkanes
