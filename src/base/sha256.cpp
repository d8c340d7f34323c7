// The SHA256_* functions skip EVP's dispatch and allocation, which cost more than hashing a small transaction.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/sha256.hpp"

#include <openssl/sha.h>

namespace warpshrew {

static unsigned char* out(Digest& d) { return reinterpret_cast<unsigned char*>(d.data()); }

Digest sha256(BytesView data) noexcept {
    Digest d;
    SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), out(d));
    return d;
}

Digest sha256d(BytesView data) noexcept { return sha256(view(sha256(data))); }

struct Sha256::State {
    SHA256_CTX context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { SHA256_Init(&state_->context); }
Sha256::~Sha256() = default;
void Sha256::update(BytesView data) noexcept { SHA256_Update(&state_->context, data.data(), data.size()); }
Digest Sha256::finish() noexcept {
    Digest d;
    SHA256_Final(out(d), &state_->context);
    return d;
}

}  // namespace warpshrew
