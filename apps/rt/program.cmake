# skerry_program(name sources...): a user program of ours, linked with the runtime. What the boot
# archive gets is ${CMAKE_BINARY_DIR}/programs/<name>, without symbols; with them: debug/<name>.elf.
# The target is program_<name>: add what it needs besides by target_link_libraries(program_<name>
# PRIVATE ...). <name> is a target too, where no library has that name.
function(skerry_program name)
    set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/program.ld)
    set(program ${CMAKE_BINARY_DIR}/programs/${name})
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/programs)
    add_executable(program_${name} ${ARGN})
    set_target_properties(program_${name} PROPERTIES OUTPUT_NAME ${name}.elf
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/debug LINK_DEPENDS ${script})
    target_compile_options(program_${name} PRIVATE ${SKERRY_USER_FLAGS})
    target_link_libraries(program_${name} PRIVATE rt)
    target_link_options(program_${name} PRIVATE -nostdlib -static -no-pie
        -Wl,-T,${script} -Wl,--gc-sections -Wl,--no-relax
        -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--build-id=none -Wl,--no-warn-rwx-segments)
    add_custom_command(TARGET program_${name} POST_BUILD BYPRODUCTS ${program}
        COMMAND ${CMAKE_OBJCOPY} --strip-all $<TARGET_FILE:program_${name}> ${program})
    if(NOT TARGET ${name})
        add_custom_target(${name} DEPENDS ${program})
    endif()
endfunction()
