# house.awk: prints what is against the house's order, and exits with 1 if anything is.
#
#     awk -f house.awk rooms.txt libraries.txt exceptions.txt FILE...
#
# FILEs are all the sources there are, by their names from the root of the tree.

BEGIN {
    columns = 80
    function_lines = 60
    file_lines = 600
    for (i = 4; i < ARGC; i++)
        there[ARGV[i]] = 1
}

function complain(what) {
    print what
    bad = 1
}

function folder_of(file) {
    sub(/\/[^\/]*$/, "", file)
    return file
}

# A file and its header are one: what they are called, without the ending.
function stem_of(file) {
    sub(/\.[ch]$/, "", file)
    return file
}

function room_of(file,    part, parts) {
    parts = split(file, part, "/")
    if (part[1] != "sim")
        return part[1]
    return parts == 2 ? "door" : part[2]
}

# ---- the tables ----

/^#/ && FILENAME ~ /\.txt$/ { next }

FILENAME == ARGV[1] {
    known[$1] = 1
    for (i = 2; i <= NF; i++) {
        may[$1, $i] = 1
        if ($i ~ /^</)
            names_system[$1] = 1
    }
    next
}

FILENAME == ARGV[2] {
    library_may[$1, $2] = 1
    if ($1 in folders)
        folders[$1] = folders[$1] " and one of " $2
    else
        folders[$1] = $2
    next
}

FILENAME == ARGV[3] {
    exception = $1 == "function" ? $1 SUBSEP $2 SUBSEP $3 : $1 SUBSEP $2
    excepted[exception] = ARGV[3] ":" FNR
    if (NF < ($1 == "function" ? 4 : 3))
        complain(ARGV[3] ":" FNR ": does not say why")
    next
}

# ---- a file's begin and end ----

function end_file() {
    if (lines > file_lines)
        too_long("file" SUBSEP file, file ":" lines ": a file of " lines " lines")
}

function too_long(exception, what) {
    needed[exception] = 1
    if (!(exception in excepted))
        complain(what)
}

FNR == 1 {
    end_file()
    file = FILENAME
    room = room_of(file)
    last = ""
    within = 0
    if (!(room in known) && !(room in told)) {
        told[room] = 1
        complain(file ":1: room " room " is not in rooms.txt")
    }
}

{ lines = FNR }

# ---- includes ----

# The file of the tree that `name` is, as the compiler finds it from `file`; "" if it is none.
function found(name,    i, path, paths) {
    paths = split(folder_of(file) "/ sim/ mmu/ tools/", path, " ")
    for (i = 1; i <= paths; i++) {
        if ((path[i] name) in there)
            return path[i] name
    }
    return ""
}

function check_include(name,    to, other) {
    to = found(name)
    if (to == "") {
        complain(file ":" FNR ": includes " name ", which is not in the tree")
        return
    }
    other = room_of(to)
    if (other != room && !((room, other) in may) && !((room, "*") in may))
        complain(file ":" FNR ": includes " name ", which room " room " may not know")
    if (to ~ /^sim\/.*\// && to != "sim/" name)
        complain(file ":" FNR ": includes " name " without its room: " substr(to, 5))
    add_edge(stem_of(file), stem_of(to))
}

function check_system_include(name) {
    if (room in names_system && !((room, "<" name ">") in may))
        complain(file ":" FNR ": includes <" name ">, which room " room " may not know")
}

function check_library(name,    library, folder) {
    folder = folder_of(file)
    for (library in folders) {
        if (index(name, library) != 1)
            continue
        if (!((library, folder) in library_may))
            complain(file ":" FNR ": includes " name ", which only one file of " \
                folders[library] " may")
        else if ((library, folder) in holder && holder[library, folder] != file)
            complain(file ":" FNR ": includes " name ", as " holder[library, folder] \
                " does: only one file of " folder " may")
        else
            holder[library, folder] = file
    }
}

/^[ \t]*#[ \t]*include[ \t]*["<]/ {
    quoted = $0 ~ /^[^<]*"/
    name = $0
    sub(/^[^"<]*["<]/, "", name)
    sub(/[">].*/, "", name)
    check_library(name)
    if (quoted)
        check_include(name)
    else
        check_system_include(name)
}

# ---- lengths ----

length($0) > columns { complain(file ":" FNR ": a line of " length($0) " columns") }

# A function's head begins behind what ends the thing before it, its body with a { alone.
/^\{$/ {
    within = 1
    name = head
    gsub(/__attribute__\(\(([^()]|\([^()]*\))*\)\)/, "", name)
    sub(/ *\(.*/, "", name)
    sub(/.*[^A-Za-z0-9_]/, "", name)
}

/^\}/ && within {
    within = 0
    if (FNR - begin + 1 > function_lines)
        too_long("function" SUBSEP file SUBSEP name, file ":" begin ": " name " has " \
            (FNR - begin + 1) " lines")
}

!within {
    if (last ~ /^$|^#|^\}|;$|\*\/$|\\$/) {
        begin = FNR
        head = ""
    }
    head = head " " $0
    last = $0
}

# ---- circles ----

function add_edge(from, to) {
    if (from == to || (from, to) in edge)
        return
    edge[from, to] = file ":" FNR
    if (!(from in leads)) {
        node[++nodes] = from
        leads[from] = ""
    }
    leads[from] = leads[from] " " to
}

# Leaves in `leads` only what leads on to something that leads on.
function trim_leads(    trimmed, i, j, n, kept, to) {
    do {
        trimmed = 0
        for (i = 1; i <= nodes; i++) {
            if (!(node[i] in leads))
                continue
            kept = ""
            n = split(leads[node[i]], to, " ")
            for (j = 1; j <= n; j++) {
                if (to[j] in leads)
                    kept = kept " " to[j]
            }
            leads[node[i]] = kept
            if (kept == "") {
                delete leads[node[i]]
                trimmed = 1
            }
        }
    } while (trimmed)
}

# Tells of the shortest circle through `start`, if there is one.
function tell_circle(start,    queue, first, count, from, at, i, n, to) {
    queue[first = count = 1] = start
    while (first <= count) {
        at = queue[first++]
        n = split(leads[at], to, " ")
        for (i = 1; i <= n; i++) {
            if (!(to[i] in leads) || to[i] in from)
                continue
            from[to[i]] = at
            queue[++count] = to[i]
            if (to[i] == start) {
                tell_way(start, from)
                return
            }
        }
    }
}

function tell_way(start, from,    at, way, second) {
    way = start
    at = start
    do {
        second = at
        at = from[at]
        in_circle[at] = 1
        way = at " -> " way
    } while (at != start)
    complain(edge[start, second] ": includes go in a circle: " way)
}

END {
    end_file()
    for (exception in excepted) {
        if (!(exception in needed))
            complain(excepted[exception] ": nothing there is that long")
    }
    trim_leads()
    for (i = 1; i <= nodes; i++) {
        if (node[i] in leads && !(node[i] in in_circle))
            tell_circle(node[i])
    }
    exit bad
}
