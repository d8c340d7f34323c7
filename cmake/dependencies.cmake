# docs/dependencies.md says why each of these.
find_package(absl REQUIRED)
find_package(tl-expected REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(RocksDB REQUIRED)
find_package(Protobuf REQUIRED)
find_package(ZLIB REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(Threads REQUIRED)

add_library(warpshrew_abseil INTERFACE)
target_link_libraries(warpshrew_abseil INTERFACE absl::flat_hash_map absl::flat_hash_set absl::btree absl::inlined_vector absl::strings absl::span)

# The wasmtime wheel's shared library; scripts/setup puts it there. src/wasm/wasmtime_api.hpp declares what is used of it.
set(WARPSHREW_WASMTIME ${CMAKE_SOURCE_DIR}/.deps/wasmtime/libwasmtime.so)
file(REAL_PATH ${WARPSHREW_WASMTIME} WARPSHREW_WASMTIME_FILE)
if(NOT EXISTS ${WARPSHREW_WASMTIME_FILE})
    message(FATAL_ERROR "the wasmtime library is missing: run scripts/setup")
endif()
# wasmtime_api.hpp repeats struct layouts of this version: no other will do.
file(SHA256 ${WARPSHREW_WASMTIME_FILE} WARPSHREW_WASMTIME_SHA256)
if(NOT WARPSHREW_WASMTIME_SHA256 STREQUAL 3127ca42fe7cdd3f0a43a358e79177dcfedd46c1746329826403b9d854de6178)
    message(FATAL_ERROR "${WARPSHREW_WASMTIME_FILE} is not the library of the wasmtime 50.0.1 wheel: run scripts/setup")
endif()
add_library(wasmtime SHARED IMPORTED)
set_target_properties(wasmtime PROPERTIES IMPORTED_LOCATION ${WARPSHREW_WASMTIME_FILE} IMPORTED_NO_SONAME ON)

# The wgpu wheel's shared library and headers; scripts/setup puts them there. The program loads the library at run time, if at all.
set(WARPSHREW_WGPU ${CMAKE_SOURCE_DIR}/.deps/wgpu)
if(NOT EXISTS ${WARPSHREW_WGPU}/libwgpu_native.so)
    message(FATAL_ERROR "the wgpu-native library is missing: run scripts/setup")
endif()
# The headers' structs are those of this version: the program refuses any other.
file(SHA256 ${WARPSHREW_WGPU}/libwgpu_native.so WARPSHREW_WGPU_SHA256)
if(NOT WARPSHREW_WGPU_SHA256 STREQUAL be0d8270dd9d78e1039eeb413ee21be8a89776a752e56d6b0f57eefbbc2d749c)
    message(FATAL_ERROR "${WARPSHREW_WGPU}/libwgpu_native.so is not the library of the wgpu 0.32.0 wheel: run scripts/setup")
endif()
add_library(wgpu_headers INTERFACE)
target_include_directories(wgpu_headers SYSTEM INTERFACE ${WARPSHREW_WGPU}/include)
target_compile_definitions(wgpu_headers INTERFACE
    WARPSHREW_WGPU_BUILD_LIBRARY="${WARPSHREW_WGPU}/libwgpu_native.so" WARPSHREW_WGPU_VERSION=0x1d000101)
