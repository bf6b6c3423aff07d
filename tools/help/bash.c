/* bash.c: completion for bash: three tables, and the functions that look in
 * them, which need no other package. */
#include <stdio.h>

#include "help/help.h"

static const char functions[] =
    "\n"
    "# Candidates for the part of the word behind `$1': those of the words $2 "
    "that begin with $3.\n"
    "_mmu386_words() {\n"
    "    local word\n"
    "\n"
    "    for word in $2; do\n"
    "        case $word in\n"
    "        \"$3\"*) COMPREPLY+=(\"$1$word\") ;;\n"
    "        esac\n"
    "    done\n"
    "    case ${COMPREPLY[*]} in\n"
    "    *=) compopt -o nospace 2>/dev/null ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "# The value $3 of option $2 of command $1; $4 is what stands before it in "
    "the word.\n"
    "_mmu386_value() {\n"
    "    local known\n"
    "\n"
    "    known=$(_mmu386_values \"$1\" \"$2\")\n"
    "    case $known in\n"
    "    file) mapfile -t COMPREPLY < <(compgen -P \"$4\" -f -- \"$3\") ;;\n"
    "    directory) mapfile -t COMPREPLY < <(compgen -P \"$4\" -d -- \"$3\") "
    ";;\n"
    "    'values '*) [[ $3 == *=* ]] || _mmu386_words \"$4\" \"${known#values "
    "}\" \"$3\" ;;\n"
    "    'list '*)\n"
    "        if [[ $3 == *,* ]]; then\n"
    "            _mmu386_words \"$4${3%,*},\" \"${known#list }\" \"${3##*,}\"\n"
    "        else\n"
    "            _mmu386_words \"$4\" \"${known#list }\" \"$3\"\n"
    "        fi\n"
    "        compopt -o nospace 2>/dev/null\n"
    "        ;;\n"
    "    esac\n"
    "    case $known in\n"
    "    file | directory) compopt -o filenames 2>/dev/null ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_mmu386() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} before= at\n"
    "    local -a words\n"
    "\n"
    "    # Readline divides words at =, too; here they are as they were "
    "written.\n"
    "    read -ra words <<<\"$line\"\n"
    "    [[ $line == *[[:space:]] ]] && words+=('')\n"
    "    local current=${words[-1]} command=${words[1]} last=$((${#words[@]} - "
    "1))\n"
    "\n"
    "    COMPREPLY=()\n"
    "    [[ $COMP_WORDBREAKS == *=* ]] || before=${current%%=*}=\n"
    "    if [ \"$last\" -le 1 ]; then\n"
    "        _mmu386_words '' \"$_mmu386_commands --help --version\" "
    "\"$current\"\n"
    "        return\n"
    "    fi\n"
    "    # Behind PROGRAM are its own words.\n"
    "    for ((at = 2; at < last; at++)); do\n"
    "        case ${words[at]} in\n"
    "        --) break ;;\n"
    "        -*) [[ $(_mmu386_values \"$command\" \"${words[at]}\") == '' ]] "
    "|| at=$((at + 1)) ;;\n"
    "        *) break ;;\n"
    "        esac\n"
    "    done\n"
    "    if [ \"$at\" -lt \"$last\" ] && { [ \"${words[at]}\" = -- ] || "
    "_mmu386_ends_options \"$command\"; }; then\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
    "        compopt -o filenames 2>/dev/null\n"
    "    elif [[ $current == --*=* ]]; then\n"
    "        _mmu386_value \"$command\" \"${current%%=*}\" \"${current#*=}\" "
    "\"$before\"\n"
    "    elif [[ $(_mmu386_values \"$command\" \"${words[last - 1]}\") != '' "
    "]]; then\n"
    "        _mmu386_value \"$command\" \"${words[last - 1]}\" \"$current\" "
    "''\n"
    "    elif [[ $current == -* ]]; then\n"
    "        _mmu386_words '' \"$(_mmu386_options \"$command\")\" "
    "\"$current\"\n"
    "    elif [ \"$command\" = help ]; then\n"
    "        _mmu386_words '' \"$_mmu386_commands\" \"$current\"\n"
    "    else\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
    "        compopt -o filenames 2>/dev/null\n"
    "    fi\n"
    "}\n"
    "\n"
    "complete -F _mmu386 mmu386\n";

static void print_name(const struct option_row *row, void *arg)
{
    (void)arg;
    if (row->letter != 0)
        printf(" -%c", row->letter);
    printf(" --%s%s", row->name, row->argument != NULL ? "=" : "");
}

static void print_options(const struct command_line *line, void *arg)
{
    (void)arg;
    printf("    %s) echo", line->name);
    command_line_each(line, print_name, NULL);
    puts(" ;;");
}

/* What a value is, for the function of that name in the script. */
static void print_value(const struct option_row *row, void *arg)
{
    static const char *const kinds[] = {
        [HELP_ANYTHING] = "anything",
        [HELP_FILE] = "file",
        [HELP_DIRECTORY] = "directory",
    };
    const struct command_line *line = arg;
    enum help_argument argument = help_argument_of(row);

    if (argument == HELP_NONE)
        return;
    printf("    %s:--%s", line->name, row->name);
    if (row->letter != 0)
        printf(" | %s:-%c", line->name, row->letter);
    printf(") echo '%s", argument != HELP_VALUES ? kinds[argument]
                         : row->listed           ? "list "
                                                 : "values ");
    if (argument == HELP_VALUES)
        help_print_values(row);
    puts("' ;;");
}

static void print_values(const struct command_line *line, void *arg)
{
    (void)arg;
    command_line_each(line, print_value, (void *)line);
}

static void print_end(const struct command_line *line, void *arg)
{
    (void)arg;
    if (line->words_last)
        printf("    %s) return 0 ;;\n", line->name);
}

/* A function that tells something of its first argument, a command, or of that
 * and its second, an option. */
static void print_table(const char *name, const char *of,
                        void (*print)(const struct command_line *line,
                                      void *arg),
                        const char *otherwise)
{
    printf("\n%s() {\n    case %s in\n", name, of);
    for (const struct subcommand *at = subcommands; at->name != NULL; at++)
        help_see(at, print, NULL);
    printf("%s    esac\n}\n", otherwise);
}

void help_completion_bash(void)
{
    printf("# Completion of mmu386's command lines in bash: mmu386 help "
           "--completion=bash\n\n_mmu386_commands='");
    help_print_names();
    puts("'");
    print_table("_mmu386_options", "$1", print_options, "");
    print_table("_mmu386_values", "$1:$2", print_values, "");
    print_table("_mmu386_ends_options", "$1", print_end,
                "    *) return 1 ;;\n");
    fputs(functions, stdout);
}
