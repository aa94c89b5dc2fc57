# libfdt_add(TARGET): an interface library TARGET with Debian's libfdt for the architecture that is being built.
# host: the system's libfdt-dev. aarch64: libfdt-dev:arm64, fetched once into build/libfdt-arm64 with a private apt
# configuration (the system's own sources; its dpkg is not touched). Nothing of it is copied into the tree.
function(libfdt_fetch dir)
    if(EXISTS ${dir}/usr/lib/aarch64-linux-gnu/libfdt.a)
        return()
    endif()
    file(MAKE_DIRECTORY ${dir}/state/lists/partial ${dir}/cache/archives/partial)
    file(WRITE ${dir}/status "")
    file(WRITE ${dir}/apt.conf "APT::Architecture \"amd64\";\nAPT::Architectures { \"amd64\"; \"arm64\"; };\n"
        "APT::Sandbox::User \"\";\nAcquire::Languages \"none\";\nDir::State \"${dir}/state\";\n"
        "Dir::State::status \"${dir}/status\";\nDir::Cache \"${dir}/cache\";\n")
    set(run ${CMAKE_COMMAND} -E env APT_CONFIG=${dir}/apt.conf)
    execute_process(COMMAND ${run} apt-get -q update WORKING_DIRECTORY ${dir} OUTPUT_QUIET ERROR_QUIET)
    execute_process(COMMAND ${run} apt-get -q download libfdt-dev:arm64 WORKING_DIRECTORY ${dir}
        OUTPUT_QUIET ERROR_VARIABLE message RESULT_VARIABLE failed)
    file(GLOB deb ${dir}/libfdt-dev_*_arm64.deb)
    if(failed OR NOT deb)
        message(FATAL_ERROR "cannot fetch libfdt-dev:arm64 (apt-get download): ${message}")
    endif()
    execute_process(COMMAND dpkg -x ${deb} ${dir} COMMAND_ERROR_IS_FATAL ANY)
    file(REMOVE_RECURSE ${dir}/state)
endfunction()

function(libfdt_add target)
    add_library(${target} INTERFACE)
    if(SKERRY_ARCH STREQUAL aarch64)
        set(dir ${CMAKE_SOURCE_DIR}/build/libfdt-arm64)
        libfdt_fetch(${dir})
        # Its header asks for some C headers; libc/include has the declarations that it needs of them.
        target_include_directories(${target} SYSTEM INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/libc/include ${dir}/usr/include)
        target_link_libraries(${target} INTERFACE ${dir}/usr/lib/aarch64-linux-gnu/libfdt.a)
    else()
        find_path(LIBFDT_INCLUDE libfdt.h REQUIRED)
        find_library(LIBFDT_LIBRARY NAMES fdt REQUIRED)
        target_include_directories(${target} SYSTEM INTERFACE ${LIBFDT_INCLUDE})
        target_link_libraries(${target} INTERFACE ${LIBFDT_LIBRARY})
    endif()
endfunction()
