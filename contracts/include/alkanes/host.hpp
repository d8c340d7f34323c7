// The functions that the indexer offers to contracts, module "env". Pointers are to bytes behind a length word.
#pragma once
#include "base.hpp"

#define ALKANES_IMPORT(name) __attribute__((import_module("env"), import_name(name))) extern "C"

namespace alkanes::host {

ALKANES_IMPORT("abort") void abort(u32, u32, u32, u32);
ALKANES_IMPORT("__request_context") u32 request_context();
ALKANES_IMPORT("__load_context") u32 load_context(u8* out);
ALKANES_IMPORT("__request_storage") u32 request_storage(const u8* key);
ALKANES_IMPORT("__load_storage") u32 load_storage(const u8* key, u8* out);
ALKANES_IMPORT("__request_transaction") u32 request_transaction();
ALKANES_IMPORT("__load_transaction") void load_transaction(u8* out);
ALKANES_IMPORT("__request_block") u32 request_block();
ALKANES_IMPORT("__load_block") void load_block(u8* out);
ALKANES_IMPORT("__log") void log(const u8* text);
ALKANES_IMPORT("__balance") void balance(const u8* who, const u8* what, u8* out);
ALKANES_IMPORT("__sequence") void sequence(u8* out);
ALKANES_IMPORT("__fuel") void fuel(u8* out);
ALKANES_IMPORT("__height") void height(u8* out);
ALKANES_IMPORT("__returndatacopy") void returndatacopy(u8* out);
ALKANES_IMPORT("__call") int32_t call(const u8* cellpack, const u8* parcel, const u8* storage, u64 fuel);
ALKANES_IMPORT("__delegatecall")
int32_t delegatecall(const u8* cellpack, const u8* parcel, const u8* storage, u64 fuel);
ALKANES_IMPORT("__staticcall") int32_t staticcall(const u8* cellpack, const u8* parcel, const u8* storage, u64 fuel);

}  // namespace alkanes::host
