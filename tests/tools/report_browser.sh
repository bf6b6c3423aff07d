# shellcheck shell=sh disable=SC2154 # the variables are lib.sh's
# The report in a browser: Chromium without a window finds nothing wrong with it, fetches nothing,
# and draws every chart. Where REPORT_PICTURES names a folder the pictures are left there.
. "$(dirname "$0")/lib.sh"
needs chromium
needs gnuplot

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

# Prints, of a PNG without interlace, the rows of pixels that are not all of one colour.
drawn_rows() {
    python3 - "$1" <<'PYTHON'
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x89PNG\r\n\x1a\n"
at, packed = 8, b""
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + size]
    if kind == b"IHDR":
        width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", body)
        assert depth == 8 and interlace == 0
        pixel = {0: 1, 2: 3, 6: 4}[colour]
    if kind == b"IDAT":
        packed += body
    at += 12 + size
raw, stride = zlib.decompress(packed), width * pixel
above, drawn = bytes(stride), 0
for y in range(height):
    kind, row = raw[y * (stride + 1)], raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)]
    line = bytearray(row)
    for x in range(stride):
        left = line[x - pixel] if x >= pixel else 0
        up = above[x]
        corner = above[x - pixel] if x >= pixel else 0
        if kind == 1:
            line[x] = (line[x] + left) & 255
        elif kind == 2:
            line[x] = (line[x] + up) & 255
        elif kind == 3:
            line[x] = (line[x] + (left + up) // 2) & 255
        elif kind == 4:
            p = left + up - corner
            a, b, c = abs(p - left), abs(p - up), abs(p - corner)
            line[x] = (line[x] + (left if a <= b and a <= c else up if b <= c else corner)) & 255
    above = bytes(line)
    drawn += above != above[:pixel] * width
print(drawn)
PYTHON
}

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

# The page as the browser understood it: each figure has its chart, a title and both axes.
browse --dump-dom "file://$dir/report.html"
[ "$(grep -c '<figure id=' "$out")" -eq 11 ] || fail "$(grep -c '<figure id=' "$out") figures"
[ "$(grep -c '<svg role="img"' "$out")" -eq 11 ] || fail "$(grep -c '<svg role="img"' "$out") charts"
[ "$(grep -c '</figcaption>' "$out")" -eq 11 ] || fail "$(grep -c '</figcaption>' "$out") captions"
[ "$(grep -c '>time (sequence number' "$out")" -eq 11 ] || fail "not every chart has its axis"

# And as it is seen. A window of that height holds all of it.
browse --window-size=1000,6000 --screenshot="$dir/report.png" "file://$dir/report.html"
if command -v python3 >/dev/null; then
    rows=$(drawn_rows "$dir/report.png")
    [ "$rows" -gt 3000 ] || fail "only $rows rows of the picture have something on them"
fi
if [ -n "${REPORT_PICTURES:-}" ]; then
    cp "$dir/report.png" "$dir/report.html" "$REPORT_PICTURES"
fi

finish
