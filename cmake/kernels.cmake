# warpshrew_kernels(TARGET): puts the text of src/gpu/kernels/*.wgsl into TARGET, as the span of src/gpu/kernel_files.hpp.
function(warpshrew_kernels target)
    file(GLOB kernels CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/gpu/kernels/*.wgsl)
    set(out ${CMAKE_BINARY_DIR}/generated/gpu/kernel_files.cpp)
    add_custom_command(OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} "-DKERNELS=${kernels}" -DOUT=${out} -P ${CMAKE_SOURCE_DIR}/cmake/embed_kernels.cmake
        DEPENDS ${kernels} ${CMAKE_SOURCE_DIR}/cmake/embed_kernels.cmake
        VERBATIM)
    target_sources(${target} PRIVATE ${out})
endfunction()

# warpshrew_validate_kernels(TARGET): the build of `kernels_valid` fails for a kernel of the library TARGET that does not compile.
function(warpshrew_validate_kernels target)
    add_executable(validate_kernels ${CMAKE_SOURCE_DIR}/src/gpu/tools/validate_kernels.cpp)
    target_link_libraries(validate_kernels PRIVATE ${target})
    set(stamp ${CMAKE_BINARY_DIR}/generated/gpu/kernels_valid)
    add_custom_command(OUTPUT ${stamp}
        COMMAND validate_kernels
        COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
        DEPENDS validate_kernels
        VERBATIM)
    add_custom_target(kernels_valid ALL DEPENDS ${stamp})
endfunction()
