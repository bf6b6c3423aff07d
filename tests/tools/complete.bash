# What bash completes: complete.bash SCRIPT LINE prints the candidates for the line, one a line,
# with the words divided as readline does it, at COMP_WORDBREAKS.
source "$1" || exit 1
COMP_WORDBREAKS=${BREAKS-$' \t\n"\'><=;|&(:'}
COMP_LINE=$2
COMP_POINT=${#COMP_LINE}
COMPREPLY=()
_mmu386
printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort
