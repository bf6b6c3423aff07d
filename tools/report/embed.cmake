# Makes a C source that holds files: cmake -DTO=... -DSCRIPTS=... -DSTYLES=... -P embed.cmake
# Each list, with commas, becomes one array: report_script and report_style.
function(array name files)
    string(REPLACE "," ";" files "${files}")
    set(all "")
    foreach(file IN LISTS files)
        file(READ "${file}" bytes HEX)
        string(APPEND all "${bytes}")
    endforeach()
    string(REGEX REPLACE "(..)" "0x\\1," all "${all}")
    string(REGEX REPLACE "(................................................................................)"
        "\\1\n" all "${all}")
    file(APPEND "${TO}.new" "const unsigned char ${name}[] = {\n${all}\n};\n"
        "const size_t ${name}_bytes = sizeof(${name});\n")
endfunction()

file(WRITE "${TO}.new" "#include \"report/embedded.h\"\n")
array(report_script "${SCRIPTS}")
array(report_style "${STYLES}")
file(RENAME "${TO}.new" "${TO}")
