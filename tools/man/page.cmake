# Makes the page MADE of PAGE, with the tables of the command MMU386 in it: @OPTIONS@, those of
# SUBCOMMAND (none: the subcommands), and @COSTS@.
#
#     cmake -DMMU386=... -DSUBCOMMAND=... -DPAGE=... -DMADE=... -P page.cmake
function(told variable)
    execute_process(COMMAND ${MMU386} ${ARGN}
        OUTPUT_VARIABLE text OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    set(${variable} "${text}" PARENT_SCOPE)
endfunction()

if(SUBCOMMAND STREQUAL costs)
    told(COSTS run --cost=help)
else()
    told(OPTIONS help --mdoc ${SUBCOMMAND})
endif()
configure_file(${PAGE} ${MADE} @ONLY)
