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
