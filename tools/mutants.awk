# mutants.awk: prints the mutants of a C file as clang-format leaves it: file, line, what was done,
# and the whole changed line, with tabs between. Only what is within functions is changed, one place
# at a time.
#
#     awk -v file=NAME -f mutants.awk FILE

BEGIN {
    # In place of each of these, one that a slip of the hand might leave.
    other[" == "] = " != "; other[" != "] = " == "
    other[" < "] = " <= "; other[" <= "] = " < "
    other[" > "] = " >= "; other[" >= "] = " > "
    other[" && "] = " || "; other[" || "] = " && "
    other[" + "] = " - "; other[" - "] = " + "
    other[" & "] = " | "; other[" | "] = " & "; other[" ^ "] = " | "
    other[" << "] = " >> "; other[" >> "] = " << "
    other[" * "] = " + "; other[" / "] = " * "; other[" % "] = " / "
    other[" += "] = " -= "; other[" -= "] = " += "
    other[" |= "] = " &= "; other[" &= "] = " |= "
    other["++"] = "--"; other["--"] = "++"
    other["true"] = "false"; other["false"] = "true"
    other["break;"] = ";"; other["continue;"] = ";"
    other["&= ~"] = "&= "
}

# What a line without its only statement says: which mutant it is, too.
function without() {
    return "; // no " trimmed($0) " behind " trimmed(last)
}

function trimmed(text) {
    gsub(/^ +|[\\]$/, "", text)
    return text
}

function tell(what, text) {
    printf "%s\t%d\t%s\t%s\n", file, NR, what, text
}

# Whether column `at` of the line is in a string, a character or a comment.
function is_text(at,    before) {
    before = substr($0, 1, at - 1)
    gsub(/\\./, "", before)
    return gsub(/"/, "", before) % 2 == 1 || index(before, "/*") > 0 || index(before, "//") > 0 ||
        before ~ /'$/
}

function is_word(character) { return character ~ /[A-Za-z0-9_.]/ }

function replace_each(token,    at, from, rest, after) {
    from = 1
    while ((at = index(substr($0, from), token)) > 0) {
        at += from - 1
        from = at + length(token)
        if (is_text(at))
            continue
        if (token ~ /^[a-z]/ && (is_word(substr($0, at - 1, 1)) || is_word(substr($0, from, 1))))
            continue
        rest = substr($0, from)
        if (other[token] == ";") {
            tell("dropped", without())
            continue
        }
        tell(token " to " other[token], substr($0, 1, at - 1) other[token] rest)
    }
}

# A number alone: one more; 1 becomes 0 as well.
function change_numbers(    at, from, number) {
    from = 1
    while (match(substr($0, from), /[0-9][0-9A-Za-z]*/)) {
        at = from + RSTART - 1
        number = substr($0, at, RLENGTH)
        from = at + RLENGTH
        if (is_text(at) || is_word(substr($0, at - 1, 1)) || number !~ /^[0-9]+u?$/)
            continue
        tell(number " and one", substr($0, 1, at - 1) (number + 1) (number ~ /u/ ? "u" : "") \
            substr($0, from))
        if (number + 0 == 1)
            tell("1 to 0", substr($0, 1, at - 1) (number ~ /u/ ? "0u" : "0") substr($0, from))
    }
}

function drop_not(    at, from) {
    from = 1
    while (match(substr($0, from), /!["A-Za-z_(]/)) {
        at = from + RSTART - 1
        from = at + 1
        if (!is_text(at))
            tell("no !", substr($0, 1, at - 1) substr($0, at + 1))
    }
}

function negate_condition(    head, inner, tail) {
    if (!match($0, /^ *(\} )?(else )?(if|while) \(.*\)( \{)?$/))
        return
    match($0, /(if|while) \(/)
    head = substr($0, 1, RSTART + RLENGTH - 1)
    inner = substr($0, RSTART + RLENGTH)
    tail = inner ~ /\) \{$/ ? ") {" : ")"
    inner = substr(inner, 1, length(inner) - length(tail))
    if (gsub(/\(/, "(", inner) == gsub(/\)/, ")", inner))
        tell("negated", head "!(" inner ")" tail)
}

# A call or an assignment that is a line of its own. No declaration, nor what goes on from the line
# before.
function drop_statement() {
    if (last !~ /([;{}:)]|else)$/ && last !~ /^ *$/)
        return
    if ($0 !~ /;$/ || $0 ~ /^ *(return|break|continue|goto|case|default|struct|union|enum|static|const|uint[0-9]+_t|int[0-9]*_t|int|bool|char|size_t|va_list|void|unsigned|long|double) ?[^(]*/ ||
        $0 ~ /^ *[a-z_]+ \*?[a-z_]+( =|;)/)
        return
    if ($0 ~ /^ *(\(void\))?[*&a-zA-Z_(][^=]*(\(.*\)|=.*|\+\+|--);$/)
        tell("dropped", without())
}

/^\{/ { inside = 1; last = $0; next }
/^\}/ { inside = 0 }
/^#|^ *\/\*|^ *\*/ { if ($0 ~ /^ *\/\*/ && $0 !~ /\*\//) comment = 1 }
comment { if ($0 ~ /\*\//) comment = 0; next }
!inside || /^#/ || /^ *\/\*/ || /^ *\/\// { next }
/^ *static const / { table = 1 }
table { if (/;$/) table = 0; last = $0; next }
/^ *(static_)?assert\(/ { last = $0; next }
{
    count = split(" == , != , < , <= , > , >= , && , || , + , - , & , | , ^ , << , >> , * , / , % , += , -= , |= , &= ,++,--,true,false,break;,continue;,&= ~", tokens, ",")
    for (i = 1; i <= count; i++)
        replace_each(tokens[i])
    change_numbers()
    drop_not()
    negate_condition()
    drop_statement()
    last = $0
}
