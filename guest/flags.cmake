# To be included where guest programs are built: they are made for another machine than the rest of the
# project, so the flags of the directory above (sanitizers, coverage, link-time optimisation) must not
# reach them.
enable_language(ASM)

set_directory_properties(PROPERTIES COMPILE_OPTIONS "" COMPILE_DEFINITIONS "" LINK_OPTIONS "")
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
foreach(variable CMAKE_C_FLAGS CMAKE_ASM_FLAGS CMAKE_EXE_LINKER_FLAGS)
    set(${variable} "")
    foreach(config DEBUG RELEASE RELWITHDEBINFO MINSIZEREL ${build_type})
        set(${variable}_${config} "")
    endforeach()
endforeach()
set(CMAKE_C_STANDARD_LIBRARIES "")
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
