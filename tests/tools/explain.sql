-- What `faults --explain=N --format=json` has to say of each fault of a log, by another path than
-- the command's: SQL alone, and each process's last gain and last loss of a frame instead of a
-- replay of its events. One JSON object a fault, in order of sequence.
CREATE TEMP TABLE named AS
    SELECT e.*, k.name AS kind_name, k.is_fault FROM events e JOIN kinds k ON k.id = e.kind;
CREATE INDEX temp.named_sequence ON named(sequence);

-- An entry that maps a frame begins or ends here. The kernel's own pages are nobody's.
CREATE TEMP TABLE gains AS
    SELECT sequence, frame_after AS frame, linear >> 12 AS page,
           CASE WHEN linear >= 0xc0000000 THEN 0
                WHEN kind_name IN ('fork_share', 'fork_copy')
                THEN (SELECT f.value FROM named f WHERE f.kind_name = 'fork' AND f.pid = n.pid
                      AND f.sequence > n.sequence ORDER BY f.sequence LIMIT 1)
                ELSE pid END AS pid
    FROM named n
    WHERE kind_name IN ('demand_zero', 'file', 'cow_copy', 'copy', 'zero_fill', 'map', 'fork_share',
                        'fork_copy');
CREATE TEMP TABLE losses AS
    SELECT sequence, frame_before AS frame, linear >> 12 AS page,
           iif(linear >= 0xc0000000, 0, pid) AS pid
    FROM named
    WHERE kind_name IN ('cow_copy', 'copy', 'unmap');
CREATE INDEX temp.gains_frame ON gains(frame, page, pid, sequence);
CREATE INDEX temp.losses_frame ON losses(frame, page, pid, sequence);

CREATE TEMP VIEW words AS
    SELECT value AS entry, value >> 12 AS frame,
           CASE WHEN value & 1
                THEN ', present, ' || iif(value & 2, 'writable', 'read-only') || ', ' ||
                     iif(value & 4, 'user', 'supervisor') || ', ' ||
                     iif(value & 32, 'accessed', 'not accessed') || ', ' ||
                     iif(value & 64, 'dirty', 'not dirty') ||
                     iif(value & 512, ', copy-on-write', '') ||
                     iif(value & 1024, ', shared read-only since a fork', '')
           END AS rights
    FROM (SELECT pde_before AS value FROM events UNION SELECT pde_after FROM events
          UNION SELECT pte_before FROM events UNION SELECT pte_after FROM events);
CREATE TEMP TABLE entries AS SELECT * FROM words;
CREATE INDEX temp.entries_entry ON entries(entry);

-- Who has the frame at the end of the event before `sequence`, or with it.
CREATE TEMP VIEW frames AS
    SELECT sequence, 'old' AS which, frame_before AS frame FROM named
    WHERE is_fault AND frame_before IS NOT NULL
    UNION ALL
    SELECT sequence, 'new', frame_after FROM named
    WHERE is_fault AND frame_after IS NOT NULL AND frame_after IS NOT frame_before;
CREATE TEMP TABLE held AS
    SELECT f.sequence, f.which, f.frame, t.after,
           (SELECT json_group_array(pid) FROM (
                SELECT DISTINCT g.pid FROM gains g WHERE g.frame = f.frame
                AND g.sequence < f.sequence + t.after AND NOT EXISTS (
                    SELECT 1 FROM losses l WHERE l.frame = g.frame AND l.page = g.page
                    AND l.pid = g.pid AND l.sequence < f.sequence + t.after
                    AND l.sequence > g.sequence)
                ORDER BY g.pid)) AS pids
    FROM frames f, (SELECT 0 AS after UNION SELECT 1) t;
CREATE INDEX temp.held_sequence ON held(sequence, which, after);

SELECT json_object(
    'sequence', n.sequence, 'kind', n.kind_name, 'pid', n.pid,
    'parent', (SELECT parent FROM processes p WHERE p.pid = n.pid),
    'instructions', n.instructions, 'eip', n.eip,
    'insn', lower(hex(n.insn)),
    'linear', json_object('address', n.linear, 'directory', n.linear / 4194304,
                          'table', n.linear / 4096 % 1024, 'offset', n.linear % 4096),
    'mapping', (SELECT json_object('start', start, 'end', "end", 'rights', rights, 'name', name)
                FROM mappings m WHERE m.id = n.mapping),
    'pde', json_object(
        'before', n.pde_before, 'after', n.pde_after,
        'before_words', (SELECT iif(entry & 1, 'table in frame ' || frame || rights, 'not present')
                         FROM entries WHERE entry = n.pde_before),
        'after_words', (SELECT iif(entry & 1, 'table in frame ' || frame || rights, 'not present')
                        FROM entries WHERE entry = n.pde_after)),
    'pte', json_object(
        'before', n.pte_before, 'after', n.pte_after,
        'before_words', (SELECT iif(entry & 1, 'frame ' || frame || rights, 'not present')
                         FROM entries WHERE entry = n.pte_before),
        'after_words', (SELECT iif(entry & 1, 'frame ' || frame || rights, 'not present')
                        FROM entries WHERE entry = n.pte_after)),
    'refusal', CASE WHEN n.pde_before & 1 = 0 THEN 'no_table'
                    WHEN n.pte_before & 1 = 0 THEN 'not_present'
                    WHEN n.error & 4 AND n.pte_before & 4 = 0 THEN 'supervisor_page'
                    WHEN n.error & 2 AND n.pte_before & 2 = 0 THEN 'read_only_page' END,
    'error', json_object('code', n.error, 'p', n.error % 2, 'w', n.error / 2 % 2,
                         'u', n.error / 4 % 2, 'rsvd', n.error / 8 % 2),
    'action', CASE n.kind_name
        WHEN 'demand_zero' THEN 'It zero-filled frame ' || n.frame_after || ' and mapped it: '
        WHEN 'file' THEN iif(n.refs_before > 0, 'It mapped frame ' || n.frame_after || ', which ',
            'It read the page of the program''s file into frame ' || n.frame_after || ' ')
        WHEN 'cow_copy' THEN 'It copied frame ' || n.frame_before || ' to frame ' || n.frame_after
            || ' and mapped the copy writable: the page is copy-on-write and frame '
            || n.frame_before || ' had ' || n.refs_before || ' references, '
        WHEN 'cow_reuse' THEN 'It made the page writable in place: the page is copy-on-write, but '
            || 'this was the last reference to frame ' || n.frame_before || ','
        WHEN 'segv' THEN iif(n.error & 4, 'It sent SIGSEGV: ',
                             'The system call that made the access fails with EFAULT: ') ||
            iif(n.mapping IS NULL, 'the address is in no mapping', 'the mapping "')
        WHEN 'oom' THEN 'It killed the process: there was no frame left' END,
    'references_before', n.refs_before, 'references_after', n.refs_after,
    'old_frame', (SELECT json_object('frame', b.frame, 'held_before', json(b.pids), 'held_after',
                                     json(a.pids))
                  FROM held b JOIN held a USING (sequence, which) WHERE b.sequence = n.sequence
                  AND b.which = 'old' AND b.after = 0 AND a.after = 1),
    'new_frame', (SELECT json_object('frame', b.frame, 'held_before', json(b.pids), 'held_after',
                                     json(a.pids))
                  FROM held b JOIN held a USING (sequence, which) WHERE b.sequence = n.sequence
                  AND b.which = 'new' AND b.after = 0 AND a.after = 1),
    'page_faults_before', (SELECT json_group_array(sequence) FROM (
        SELECT sequence FROM (
            SELECT sequence FROM named o WHERE o.is_fault AND o.linear >> 12 = n.linear >> 12
            AND o.sequence < n.sequence ORDER BY sequence DESC LIMIT 5) ORDER BY sequence)),
    'page_faults_after', (SELECT json_group_array(sequence) FROM (
        SELECT sequence FROM named o WHERE o.is_fault AND o.linear >> 12 = n.linear >> 12
        AND o.sequence > n.sequence ORDER BY sequence LIMIT 5)))
FROM named n WHERE n.is_fault ORDER BY n.sequence;
