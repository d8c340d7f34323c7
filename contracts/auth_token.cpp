// The token that shows who owns a contract. Owned contracts make clones of the one at (4,0xffed).
//
//   0   initialize(units): `units` of the token to the caller
//   1   authenticate: the only incoming token must be this one; it goes back, the data is 01
//   99  name    100 symbol
#include <alkanes/contract.hpp>

namespace alkanes {

Failure execute() {
    switch (static_cast<u64>(context.input(0))) {
        case 0:
            if (const Failure f = only_once()) return f;
            return mint(context.input(1));
        case 1:
            if (context.incoming_count != 1) return "did not authenticate with only the auth token";
            if (context.received(context.myself) == 0) return "the token is not the auth token";
            return_incoming();
            return_data(Bytes("\x01"));
            return nullptr;
        case 99:
            return_data("AUTH");
            return nullptr;
        case 100:
            return_data("AUTH");
            return nullptr;
        default:
            return "unrecognized opcode";
    }
}

}  // namespace alkanes

ALKANES_META(R"({"contract":"auth_token","methods":[)"
             R"({"name":"initialize","opcode":0,"params":[{"name":"units","type":"u128"}],"returns":"void"},)"
             R"({"name":"authenticate","opcode":1,"params":[],"returns":"Vec<u8>"},)"
             R"({"name":"get_name","opcode":99,"params":[],"returns":"String"},)"
             R"({"name":"get_symbol","opcode":100,"params":[],"returns":"String"}]})")
