# Writes what SHELL reads to complete command lines of MMU386 into MADE.
#
#     cmake -DMMU386=... -DSHELL=... -DMADE=... -P completion.cmake
execute_process(COMMAND ${MMU386} help --completion=${SHELL}
    OUTPUT_FILE ${MADE} COMMAND_ERROR_IS_FATAL ANY)
