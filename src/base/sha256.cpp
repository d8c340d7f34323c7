// SHA256_Init, _Update and _Final skip EVP's dispatch and allocation, which cost more than hashing a small transaction;
// the one-shot SHA256 of OpenSSL 3 does not.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/sha256.hpp"

#include <openssl/sha.h>

namespace warpshrew {

static unsigned char* out(Digest& d) { return reinterpret_cast<unsigned char*>(d.data()); }

static Digest hash(std::initializer_list<BytesView> pieces) noexcept {
    SHA256_CTX context;
    SHA256_Init(&context);
    for (const BytesView piece : pieces) SHA256_Update(&context, piece.data(), piece.size());
    Digest d;
    SHA256_Final(out(d), &context);
    return d;
}

Digest sha256(BytesView data) noexcept { return hash({data}); }

Digest sha256d(BytesView data) noexcept { return sha256(view(hash({data}))); }

Digest sha256d(std::initializer_list<BytesView> pieces) noexcept { return sha256(view(hash(pieces))); }

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
