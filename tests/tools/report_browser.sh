# shellcheck shell=sh disable=SC2154 # the variables are lib.sh's
# The report in a browser: Chromium without a window finds nothing wrong with it, fetches nothing,
# draws every chart, and shows what is asked for by the pointer and by keys. Where REPORT_PICTURES
# names a folder pictures are left there.
. "$(dirname "$0")/lib.sh"
needs chromium
needs sqlite3

export HOME="$dir" XDG_CONFIG_HOME="$dir" XDG_CACHE_HOME="$dir"

# Chromium with a fresh profile and without a network; its console's messages are in $err.
browse() {
    rm -rf "$dir/profile"
    try timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --disable-dev-shm-usage --hide-scrollbars --user-data-dir="$dir/profile" \
        --enable-logging=stderr --proxy-server=127.0.0.1:9 "$@"
    [ "$status" -eq 0 ] || fail "Chromium: $(tail -n 3 "$err")"
    # What a page does wrong, such as fetching what its policy forbids, is told on the console.
    ! grep -q 'CONSOLE' "$err" || fail "the console says $(grep CONSOLE "$err")"
}

# A page with a script behind it that uses it as somebody would, and tells what then is there in
# <pre id="probe">, a line `name=value` each.
probe() {
    {
        cat "$1"
        echo '<script>'
        cat "$(dirname "$0")/report_probe.js"
        echo '(async () => {'
        cat
        echo '})().then(tellAll);</script>'
    } >"$dir/probe.html"
    browse "$2" --dump-dom "file://$dir/probe.html"
    what="a page that is used"
    sed -n '/<pre id="probe">/,/<\/pre>/p' "$out" | sed 's/<pre id="probe">//; /<\/pre>/d' >"$dir/said"
}
said() { sed -n "s/^$1=//p" "$dir/said"; }
expect_said() { [ "$(said "$1")" = "$2" ] || fail "$1: '$(said "$1")', not '$2'"; }
count() { sqlite3 "$1" "SELECT count(*) FROM events WHERE $2"; }

for policy in eager cow; do
    "$mmu386" run --fork=$policy --log="$dir/$policy.log" "$guest/tree" >"$dir/tree.out" || exit 1
done
"$mmu386" report -o "$dir/report.html" "$dir/eager.log" "$dir/cow.log" || exit 1

# That a console message would be seen is seen by a page that makes one.
echo '<!DOCTYPE html><script>console.error("seen")</script>' >"$dir/wrong.html"
timeout 120 chromium --headless --no-sandbox --disable-gpu --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --disable-dev-shm-usage --user-data-dir="$dir/profile" --enable-logging=stderr \
    --dump-dom "file://$dir/wrong.html" >/dev/null 2>"$err" </dev/null
what="a page that makes a console message"
expect_told 'CONSOLE.*seen'

# As it opens: every chart, a title and a caption each; nothing beside the narrowest window.
cow="$dir/cow.log"
probe "$dir/report.html" --window-size=400,800 <<'SCRIPT'
tell("figures", document.querySelectorAll("figure canvas").length);
tell("titles", document.querySelectorAll("figure h3").length);
tell("view", viewed());
tell("overflow", document.documentElement.scrollWidth > innerWidth);
tell("ids", new Set([...document.querySelectorAll("[id]")].map(e => e.id)).size ===
  document.querySelectorAll("[id]").length);
tell("paper", ink("paper"));
SCRIPT
span=$(sqlite3 "$cow" 'SELECT max(instructions) FROM events')
faults=$(count "$cow" 'error IS NOT NULL')
expect_said figures 15
expect_said titles 15
expect_said overflow false
expect_said ids true
expect_said paper '#fff'
expect_said view "0 $span eager $(count "$dir/eager.log" 'error IS NOT NULL'), cow $faults"

# Drawn in the dark for who prefers it.
echo 'tell("paper", ink("paper"));' | probe "$dir/report.html" --blink-settings=preferredColorScheme=0
expect_said paper '#16181b'

# What zooms and pans does so in every chart, and the faults in it are those of the log.
probe "$dir/report.html" --window-size=1200,900 <<'SCRIPT'
drag("faults-1", 0.25, 0.5);
tell("zoomed", viewed());
tell("part", ((view.to - view.from) / span).toFixed(2));
await settle();
tell("all", view.charts.every(({ plot }) => plot.scales.x.min === view.from &&
  plot.scales.x.max === view.to));
const from = view.from;
find("#move-later").click();
tell("later", view.from > from);
tell("panned", viewed());
drag("frames-1", 0.2, 0.6, { shiftKey: true });
tell("earlier", view.from < from + (view.to - view.from) / 4);
document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "0", bubbles: true }));
tell("whole", viewed());
SCRIPT
for name in zoomed panned; do
    read -r from to rest <<EOF
$(said $name)
EOF
    for policy in eager cow; do
        in=$(count "$dir/$policy.log" "error IS NOT NULL AND instructions BETWEEN $from AND $to")
        case ", $rest," in
        *", $policy $in,"*) ;;
        *) fail "$name: '$(said $name)', but $in faults of $policy" ;;
        esac
    done
done
expect_said part 0.25
expect_said all true
expect_said later true
expect_said earlier true
expect_said whole "0 $span eager $(count "$dir/eager.log" 'error IS NOT NULL'), cow $faults"

# The pointer over a fault tells of it; a click tells its page's life, and from there a frame's.
probe "$dir/report.html" --window-size=1200,900 <<'SCRIPT'
const { events } = data.logs[1];
const i = events.kind.indexOf(data.kinds.indexOf("cow_copy"));
const map = chart("pages-1");
const layout = layRows(data.logs[1]);
const row = rowOf(data.logs[1], Math.floor(events.linear[i] / 4096));
const x = map.valToPos(events.time[i], "x");
const y = map.valToPos(layout.bottoms[row] + 0.5, "y");
map.over.scrollIntoView();
mouse(map.over, "mousemove", x, y);
tell("tip", map.over.querySelector(".tip").textContent);
mouse(map.over, "mousedown", x, y);
mouse(map.over, "click", x, y);
tell("page", find("#life-1 h4").textContent);
tell("rows", rows("#life-1").length);
const button = [...document.querySelectorAll("#life-1 [title=\"the frame\u0027s life\"]")].pop();
const frame = button.textContent;
button.click();
tell("frame", find("#life-1 h4").textContent === "Frame " + frame);
tell("number", frame);
tell("lives", rows("#life-1").length);
find("#life-1 input").value = "0x" + (events.linear[i] >>> 0).toString(16);
find("#life-1 form button").click();
tell("asked", find("#life-1 h4").textContent);
find("#life-1 input").value = "<b>";
find("#life-1 form button").click();
tell("refused", find("#life-1 h4").textContent);
SCRIPT
page=$(said page | sed 's/^Page //')
case $(said tip) in
*'cow_copy, 0x'*', pid '*', error 0x7, '*'+0x'*', frame '*' to '*) ;;
*) fail "the tip is '$(said tip)'" ;;
esac
[ "$(said rows)" -gt 2 ] || fail "$(said rows) rows of a life"
expect_said rows "$(count "$cow" "linear >> 12 = $page >> 12")"
expect_said frame true
frame=$(said number)
expect_said lives "$(count "$cow" "frame_before = $frame OR frame_after = $frame")"
expect_said asked "Page $page"
expect_said refused '&lt;b&gt;: neither an address (0x...) nor a frame'

# A legend hides what it names; tables sort; a finding shows when it was.
probe "$dir/report.html" --window-size=1200,900 <<'SCRIPT'
const faults = chart("faults-1");
const heads = faults.root.querySelectorAll(".u-series > th");
const sum = () => faults.data[1].reduce((all, one) => all + one);
const before = sum();
const copies = 1 + faultNames.indexOf("copied on write");
mouse(heads[copies], "click", 2, 2);
tell("hidden", faults.series[copies].show);
tell("lower", sum() < before);
mouse(heads[copies], "click", 2, 2);
tell("again", sum() === before);
const head = [...document.querySelectorAll("th button")]
  .find(one => one.textContent === "frames allocated");
head.click();
tell("up", rows("table").slice(0, 2).map(row => row.cells[0].textContent));
head.click();
tell("down", rows("table").slice(0, 2).map(row => row.cells[0].textContent));
tell("findings", find("#findings-1 summary").textContent);
tell("listed", rows("#findings-1").length);
find("#findings-1 [title=\"show when it was\"]").click();
tell("shown", view.from <= data.logs[1].findings.list[0].times[0] &&
  view.to >= data.logs[1].findings.list[0].times[0] && view.to - view.from < span / 2);
SCRIPT
expect_said hidden false
expect_said lower true
expect_said again true
expect_said up cow,eager
expect_said down eager,cow
found=$("$mmu386" faults --check --format=csv "$cow" | grep -c '^[a-z-]*,[0-9]')
expect_said findings "Findings: $found"
expect_said listed "$found"
expect_said shown true

# A log of a million faults is told of in parts of time, in a file that is not large.
faults=1000000
[ -z "${MMU386_BRIEF:-}" ] || faults=100000
cp "$cow" "$dir/many.log"
sqlite3 "$dir/many.log" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $faults)
    INSERT INTO events(sequence, cycle, instructions, pid, kind, linear, error, eip, frame_after)
    SELECT 10000 + i, 3000000 + 9 * i, 10000 + i, 2, 1, 0x40000000 + (i * 7919 % 20000 << 12), 6, 0x8049000,
        i % 5000 FROM n"
begun=$(date +%s%N)
"$mmu386" report -o "$dir/many.html" "$dir/many.log" || fail "no report of many faults"
made=$(date +%s%N)
probe "$dir/many.html" --window-size=1200,900 <<'SCRIPT'
tell("time", Math.round(performance.now()));
tell("view", viewed());
tell("caption", find("#pages-0 figcaption").textContent);
const map = chart("pages-0");
map.over.scrollIntoView();
mouse(map.over, "mousedown", 300, 100);
mouse(map.over, "click", 300, 100);
tell("life", (find("#life-0 code") || find("#life-0")).textContent);
drag("faults-0", 0.5, 0.6);
tell("part", ((view.to - view.from) / span).toFixed(1));
SCRIPT
all=$(count "$dir/many.log" 'error IS NOT NULL' | sed ':a; s/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/; ta')
bytes=$(wc -c <"$dir/many.html")
echo "$all faults: $bytes bytes, made in $(((made - begun) / 1000000)) ms, open in $(said time) ms"
[ "$bytes" -lt 10000000 ] || fail "$bytes bytes"
case $(said view) in
*"cow $all") ;;
*) fail "view: '$(said view)', not $all faults" ;;
esac
case $(said caption) in
*'The darker, the more faults (in 1/240 of the time, as the log has '*' events)'*) ;;
*) fail "the caption is '$(said caption)'" ;;
esac
case $(said life) in
"mmu386 faults --page=0x"*" $dir/many.log") ;;
*) fail "of a row it tells '$(said life)'" ;;
esac
expect_said part 0.1

# Names that would do harm do none: they are texts.
cp "$cow" "$dir/hostile.log"
sqlite3 "$dir/hostile.log" "
    UPDATE programs SET name = '</script><script>tell(''harm'', 1)</script><img src=x>';
    UPDATE mappings SET name = '\"''<img src=x onerror=tell(1)>';
    UPDATE symbols SET name = '<!--<script>\"';
    UPDATE parameters SET value = '<script>tell(''harm'', 1)</script>' WHERE name IN ('policy', 'program');"
"$mmu386" report -o "$dir/hostile.html" "$dir/hostile.log" || fail "no report of hostile names"
probe "$dir/hostile.html" --window-size=1200,900 <<'SCRIPT'
tell("images", document.images.length);
tell("scripts", document.scripts.length);
tell("name", data.logs[0].name);
find("#life-0 input").value = hex(data.logs[0].rows[0][0] * 4096);
find("#life-0 form button").click();
tell("images", document.images.length);
SCRIPT
expect_said harm ''
expect_said images '0
0'
expect_said scripts 3
expect_said name "&lt;script&gt;tell('harm', 1)&lt;/script&gt;"

if [ -n "${REPORT_PICTURES:-}" ]; then
    browse --window-size=1300,3600 --screenshot="$REPORT_PICTURES/wide.png" "file://$dir/report.html"
    browse --window-size=400,8000 --screenshot="$REPORT_PICTURES/narrow.png" "file://$dir/report.html"
    browse --window-size=1300,3600 --blink-settings=preferredColorScheme=0 \
        --screenshot="$REPORT_PICTURES/dark.png" "file://$dir/report.html"
    browse --window-size=1300,3000 --screenshot="$REPORT_PICTURES/many.png" "file://$dir/many.html"
fi

finish
