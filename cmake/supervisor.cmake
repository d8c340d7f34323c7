# warpshrew_supervisor(TARGET): src/gpu/supervisor, compiled for wasm32 and put into TARGET as warpshrew_gpu_supervisor.
# The host build's flags do not reach it, as with the contracts.
function(warpshrew_supervisor target)
    find_program(WARPSHREW_WASM_CLANG NAMES clang++-14 clang++ REQUIRED DOC "clang with the wasm32 target")
    execute_process(COMMAND ${WARPSHREW_WASM_CLANG} --target=wasm32-wasi -rtlib=compiler-rt -print-libgcc-file-name
        OUTPUT_VARIABLE builtins OUTPUT_STRIP_TRAILING_WHITESPACE)
    set(folder ${CMAKE_SOURCE_DIR}/src/gpu/supervisor)
    set(out ${CMAKE_BINARY_DIR}/generated/gpu)
    file(MAKE_DIRECTORY ${out})
    file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.hpp)
    add_custom_command(OUTPUT ${out}/supervisor.wasm
        COMMAND ${WARPSHREW_WASM_CLANG} --target=wasm32 -O2 -std=c++20 -ffreestanding -nostdlib -fno-exceptions -fno-rtti
            -fno-threadsafe-statics -Wall -Wextra -Werror -I${CMAKE_SOURCE_DIR}/src -isystem ${folder}/include
            -Wl,--no-entry -Wl,--strip-all -Wl,--gc-sections -Wl,-z,stack-size=4096 -Wl,--stack-first
            ${folder}/supervisor.cpp ${builtins} -o ${out}/supervisor.wasm
        DEPENDS ${folder}/supervisor.cpp ${headers} ${CMAKE_SOURCE_DIR}/src/gpu/layout.hpp
            ${CMAKE_SOURCE_DIR}/src/wasm/stack_limits.hpp ${builtins}
        VERBATIM COMMENT "supervisor")
    file(CONFIGURE OUTPUT ${out}/supervisor.S CONTENT
"#ifdef __ELF__
.section .note.GNU-stack,\"\",%progbits
#endif
.section .rodata
.global warpshrew_gpu_supervisor
.global warpshrew_gpu_supervisor_end
warpshrew_gpu_supervisor: .incbin \"${out}/supervisor.wasm\"
warpshrew_gpu_supervisor_end:
" @ONLY)
    set_source_files_properties(${out}/supervisor.S PROPERTIES OBJECT_DEPENDS ${out}/supervisor.wasm)
    target_sources(${target} PRIVATE ${out}/supervisor.S)
endfunction()
