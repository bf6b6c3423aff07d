/* timeline.c: see timeline.h. Events are written as they are read; what is
 * remembered is a few words a process, and of a frame who shared it last. */
#include "export/timeline.h"

#include <stdlib.h>

#include "census.h"
#include "command.h"
#include "export/chosen.h"
#include "export/packets.h"
#include "export/service.h"
#include "keymap.h"
#include "plain.h"
#include "room.h"

/* Tracks that are no process's: what happens before the first one runs, and the
 * counters from TRACK_COUNTERS on. */
#define TRACK_MACHINE  1u
#define TRACK_COUNTERS 2u

/* Rows after which the counters are written in the middle of a batch of
 * pages. */
#define BATCH_ROWS 64u

static const char *const categories[] = {"process", "fault", "kernel", NULL};
enum category { CATEGORY_PROCESS = 1, CATEGORY_FAULT, CATEGORY_KERNEL };

static const char *const arguments[] = {
    "sequence",    "cr2",    "error", "eip", "frame",  "copied from", "page",
    "wait status", "signal", "child", "pid", "parent", NULL};
enum argument {
    ARGUMENT_SEQUENCE = 1,
    ARGUMENT_CR2,
    ARGUMENT_ERROR,
    ARGUMENT_EIP,
    ARGUMENT_FRAME,
    ARGUMENT_COPIED_FROM,
    ARGUMENT_PAGE,
    ARGUMENT_WAIT_STATUS,
    ARGUMENT_SIGNAL,
    ARGUMENT_CHILD,
    ARGUMENT_PID,
    ARGUMENT_PARENT,
};

/* What is known of a process. */
struct life {
    int64_t pid;
    uint64_t birth;
    uint64_t busy_until; /* its last slice's end */
    bool drawn;          /* it has a track */
    bool over;
};

/* Who shared a frame last, at a fork. */
struct share {
    uint64_t time;
    int64_t sequence;
    uint32_t pid; /* 0: nobody */
};

/* A fault's slice that has begun, and not ended yet. */
struct open_slice {
    bool is_open;
    int64_t pid;
    uint64_t end;
    uint64_t last; /* clocks of it that are not, where the process is killed */
    int64_t instructions; /* when it began: none is executed before it ends */
};

struct timeline {
    struct inquiry *inquiry;
    struct packets packets;
    struct service service;
    struct census census;
    struct chosen chosen;
    struct keymap by_pid;
    struct life *lives; /* by number in by_pid */
    uint32_t life_count, life_capacity;
    struct share *shares; /* by frame */
    struct open_slice open;
    int64_t forking; /* whose pages are given to a child just now; 0: nobody's
                      */
    uint64_t fork_begin;
    uint64_t now;
    uint32_t counted[CENSUS_KINDS]; /* as the counters were written last */
    uint32_t batch;                 /* rows since then */
    bool no_memory;
};

/* ---- lives ---- */

static bool is_process(int64_t pid)
{
    return pid > 0 && pid <= INT32_MAX;
}

/* Whose track it is: what is no process's is the machine's. */
static uint64_t track_of(int64_t pid)
{
    return is_process(pid) ? packets_track_of((uint32_t)pid) : TRACK_MACHINE;
}

/* The process's life, which began now if nothing was known of it; NULL where
 * memory is short. It stays where it is until the next is asked for. */
static struct life *life_of(struct timeline *timeline, int64_t pid)
{
    uint32_t number = keymap_put(&timeline->by_pid, (uint64_t)pid);
    struct life *lives = timeline->lives;

    if (number == timeline->life_count) {
        lives =
            room_for(lives, &timeline->life_capacity, number, sizeof(*lives));
        if (lives != NULL) {
            timeline->lives = lives;
            timeline->life_count++;
            lives[number] = (struct life){.pid = pid, .birth = timeline->now};
        }
    }
    if (number >= timeline->life_count || lives == NULL) {
        timeline->no_memory = true;
        return NULL;
    }
    return &lives[number];
}

static const char *program_of(struct timeline *timeline, int64_t pid,
                              char *plain, size_t bytes)
{
    const struct lineage *lineage = &timeline->inquiry->lineage;
    const struct lineage_process *process = lineage_process(lineage, pid);
    const char *name =
        process == NULL ? "" : lineage_program_name(lineage, process->program);

    plain_text(name[0] == '\0' ? "machine" : name, plain, bytes);
    return plain;
}

/* Begins the process's track and life; `fork`, the sequence of its fork where
 * that has an arrow, or 0. */
static void draw_life(struct timeline *timeline, struct life *life,
                      int64_t fork)
{
    const struct lineage_process *process =
        lineage_process(&timeline->inquiry->lineage, life->pid);
    char name[128];
    struct packet_event event = {
        .type = PACKET_BEGIN,
        .time = life->birth,
        .track = track_of(life->pid),
        .category = CATEGORY_PROCESS,
        .text = program_of(timeline, life->pid, name, sizeof(name)),
        .flow_end = (uint64_t)fork * 2,
    };

    life->drawn = true;
    if (!is_process(life->pid))
        return;
    packets_process(&timeline->packets, (uint32_t)life->pid, name);
    packet_add(&event, ARGUMENT_PID, (uint64_t)life->pid);
    if (process != NULL && process->parent > 0)
        packet_add(&event, ARGUMENT_PARENT, (uint64_t)process->parent);
    packets_event(&timeline->packets, &event);
}

/* The life of the process of an event, drawn if it was not; NULL where memory
 * is short. */
static struct life *drawn_life(struct timeline *timeline, int64_t pid)
{
    struct life *life = life_of(timeline, pid);

    if (life != NULL && !life->drawn)
        draw_life(timeline, life, 0);
    return life;
}

static void end_slice(struct timeline *timeline, int64_t pid, uint64_t time)
{
    packets_event(&timeline->packets,
                  &(struct packet_event){.type = PACKET_END,
                                         .time = time,
                                         .track = track_of(pid)});
}

/* Ends the fault's slice that is open: at its own end, but not after `latest`,
 * where something begins or ends that it cannot have within. */
static void close_fault(struct timeline *timeline, uint64_t latest)
{
    struct open_slice *open = &timeline->open;
    uint64_t end = open->end < latest ? open->end : latest;
    struct life *life;

    if (!open->is_open)
        return;
    open->is_open = false;
    end_slice(timeline, open->pid, end);
    life = life_of(timeline, open->pid);
    if (life != NULL && end > life->busy_until)
        life->busy_until = end;
}

/* Before what begins or ends on the track of `pid`, or after the end. */
static void settle_fault(struct timeline *timeline, int64_t pid, bool other)
{
    const struct open_slice *open = &timeline->open;

    if (open->is_open && (open->end <= timeline->now || other))
        close_fault(timeline, open->pid == pid ? timeline->now : UINT64_MAX);
}

/* ---- events ---- */

static void add_common(struct packet_event *packet,
                       const struct log_event *event)
{
    packet_add(packet, ARGUMENT_SEQUENCE, (uint64_t)event->sequence);
    packet_add_address(packet, ARGUMENT_EIP, event->eip);
}

static struct packet_event packet_of(const struct timeline *timeline,
                                     const struct log_event *event,
                                     enum packet_event_type type,
                                     enum category category)
{
    return (struct packet_event){
        .type = type,
        .time = timeline->now,
        .track = track_of(event->pid),
        .name = (uint32_t)event->kind + 1,
        .category = category,
    };
}

/* A copy of a frame that a fork shared: an arrow to it from the moment of that,
 * if that is chosen too. */
static void add_share(struct timeline *timeline, struct packet_event *copy,
                      const struct log_event *event)
{
    const struct share *share;
    struct packet_event at;

    if (event->frame_before >= CENSUS_FRAMES)
        return;
    share = &timeline->shares[event->frame_before];
    if (share->pid == 0)
        return;
    copy->flow_end = (uint64_t)event->sequence * 2 + 1;
    at = (struct packet_event){
        .type = PACKET_INSTANT,
        .time = share->time,
        .track = track_of(share->pid),
        .name = LOG_FORK_SHARE + 1,
        .category = CATEGORY_PROCESS,
        .flow = copy->flow_end,
    };
    packet_add(&at, ARGUMENT_SEQUENCE, (uint64_t)share->sequence);
    packet_add(&at, ARGUMENT_FRAME, event->frame_before);
    packets_event(&timeline->packets, &at);
}

static void add_frames(struct timeline *timeline, struct packet_event *packet,
                       const struct log_event *event)
{
    if (event->frame_after != 0)
        packet_add(packet, ARGUMENT_FRAME, event->frame_after);
    if (event->kind != LOG_COW_COPY && event->kind != LOG_COPY)
        return;
    packet_add(packet, ARGUMENT_COPIED_FROM, event->frame_before);
    add_share(timeline, packet, event);
}

static void draw_fault(struct timeline *timeline, const struct log_event *event)
{
    struct packet_event packet =
        packet_of(timeline, event, PACKET_BEGIN, CATEGORY_FAULT);

    add_common(&packet, event);
    packet_add_address(&packet, ARGUMENT_CR2, event->linear);
    packet_add(&packet, ARGUMENT_ERROR, event->error);
    add_frames(timeline, &packet, event);
    packets_event(&timeline->packets, &packet);
    timeline->open = (struct open_slice){
        .is_open = true,
        .pid = event->pid,
        .end = timeline->now + service_clocks(&timeline->service, event),
        .last = service_return_clocks(&timeline->service, event),
        .instructions = event->instructions,
    };
}

/* What the kernel did to a page by its own hand. */
static void draw_by_hand(struct timeline *timeline,
                         const struct log_event *event)
{
    struct packet_event packet =
        packet_of(timeline, event, PACKET_INSTANT, CATEGORY_KERNEL);

    add_common(&packet, event);
    packet_add_address(&packet, ARGUMENT_PAGE, event->linear);
    add_frames(timeline, &packet, event);
    packets_event(&timeline->packets, &packet);
}

/* From the first page that the child was given. */
static void draw_fork(struct timeline *timeline, const struct life *parent,
                      const struct log_event *event)
{
    struct packet_event packet =
        packet_of(timeline, event, PACKET_BEGIN, CATEGORY_PROCESS);
    struct life *child;
    bool begins;

    if (timeline->forking == event->pid)
        packet.time = timeline->fork_begin;
    if (packet.time < parent->busy_until)
        packet.time = parent->busy_until;
    if (packet.time > timeline->now)
        packet.time = timeline->now;
    child = life_of(timeline, event->value);
    begins = child != NULL && !child->drawn && is_process(child->pid) &&
             event->sequence > 0;
    if (begins)
        packet.flow = (uint64_t)event->sequence * 2;
    add_common(&packet, event);
    packet_add(&packet, ARGUMENT_CHILD, (uint64_t)event->value);
    packets_event(&timeline->packets, &packet);
    end_slice(timeline, event->pid, timeline->now);
    if (begins)
        draw_life(timeline, child, event->sequence);
}

static void draw_instant(struct timeline *timeline,
                         const struct log_event *event)
{
    struct packet_event packet =
        packet_of(timeline, event, PACKET_INSTANT, CATEGORY_PROCESS);

    add_common(&packet, event);
    if (event->kind == LOG_KILL)
        packet_add(&packet, ARGUMENT_SIGNAL, (uint64_t)event->value);
    if (event->kind == LOG_EXIT)
        packet_add(&packet, ARGUMENT_WAIT_STATUS, (uint64_t)event->value);
    packets_event(&timeline->packets, &packet);
}

static void draw(struct timeline *timeline, const struct log_event *event)
{
    struct life *life = drawn_life(timeline, event->pid);

    if (life == NULL)
        return;
    settle_fault(timeline, event->pid,
                 event->is_fault || event->kind == LOG_FORK);
    if (event->is_fault) {
        draw_fault(timeline, event);
        return;
    }
    switch (event->kind) {
    case LOG_FORK:
        draw_fork(timeline, life, event);
        break;
    case LOG_EXEC:
    case LOG_EXIT:
    case LOG_KILL:
        draw_instant(timeline, event);
        break;
    case LOG_ZERO_FILL:
    case LOG_COPY:
    case LOG_TAKEOVER:
        draw_by_hand(timeline, event);
        break;
    default:
        break;
    }
}

/* ---- counters ---- */

static void write_counters(struct timeline *timeline, uint64_t time)
{
    for (unsigned kind = 0; kind < CENSUS_KINDS; kind++) {
        uint32_t in_use = timeline->census.in_use[kind];

        if (timeline->counted[kind] == in_use)
            continue;
        timeline->counted[kind] = in_use;
        packets_count(&timeline->packets, time, TRACK_COUNTERS + kind, in_use);
    }
    timeline->batch = 0;
}

/* Pages that come and go one after the other are counted together. */
static bool is_of_batch(const struct log_event *event)
{
    return event->kind == LOG_UNMAP || event->kind == LOG_FORK_COPY ||
           event->kind == LOG_FORK_SHARE;
}

static bool count(struct timeline *timeline, const struct log_event *event,
                  uint64_t before)
{
    bool batch = is_of_batch(event);

    if (timeline->batch > 0 && (!batch || timeline->batch == BATCH_ROWS))
        write_counters(timeline, before);
    if (!census_count(&timeline->census, event))
        return false;
    if (batch)
        timeline->batch++;
    else
        write_counters(timeline, timeline->now);
    return true;
}

/* ---- rows ---- */

/* A number may have been a child's that never came to be, before. */
static void note_birth(struct timeline *timeline, int64_t pid)
{
    struct life *life = life_of(timeline, pid);

    if (life != NULL && !life->drawn)
        life->birth = timeline->now;
}

/* What is to be known of later events, whether it is chosen or not. */
static void remember(struct timeline *timeline, const struct log_event *event,
                     bool chosen)
{
    bool pages = event->kind == LOG_FORK_SHARE || event->kind == LOG_FORK_COPY;
    uint32_t frame = event->frame_before;

    if (pages && timeline->forking != event->pid) {
        timeline->forking = event->pid;
        timeline->fork_begin = timeline->now;
    }
    if (event->kind == LOG_FORK_SHARE && frame < CENSUS_FRAMES)
        timeline->shares[frame] = (struct share){
            .time = timeline->now,
            .sequence = event->sequence,
            .pid = chosen && is_process(event->pid) ? (uint32_t)event->pid : 0,
        };
    if (event->kind == LOG_UNMAP && event->refs_after == 0 &&
        frame < CENSUS_FRAMES)
        timeline->shares[frame].pid = 0;
    if (event->kind == LOG_FORK)
        note_birth(timeline, event->value);
}

static void end_life(struct timeline *timeline, int64_t pid)
{
    struct life *life = life_of(timeline, pid);

    if (life == NULL || life->over)
        return;
    if (timeline->open.is_open && timeline->open.pid == pid)
        close_fault(timeline, timeline->now);
    life->over = true;
    if (life->drawn && is_process(pid))
        end_slice(timeline, pid, timeline->now);
}

/* The process of the fault that is being serviced is killed for it. */
static void cut_fault(struct timeline *timeline, const struct log_event *kill)
{
    struct open_slice *open = &timeline->open;

    if (!open->is_open || open->pid != kill->pid ||
        open->instructions != kill->instructions)
        return;
    open->end -= open->last;
    open->last = 0;
}

static uint64_t time_of(const struct log_event *event)
{
    int64_t time = event->cycle >= 0 ? event->cycle : event->sequence;

    if (time < 1)
        return 1;
    return (uint64_t)time < PACKETS_TIME_MAX / 2 ? (uint64_t)time
                                                 : PACKETS_TIME_MAX / 2;
}

static bool tell(struct timeline *timeline, const struct log_event *event)
{
    uint64_t before = timeline->now;
    uint64_t time = time_of(event);
    bool chosen = chosen_has(&timeline->chosen, event->sequence);
    struct life *life;
    bool lives;

    if (time > timeline->now)
        timeline->now = time;
    if (event->kind == LOG_KILL)
        cut_fault(timeline, event);
    settle_fault(timeline, event->pid, false);
    life = life_of(timeline, event->pid);
    /* One that is over does nothing any more, but that what it had is
     * unmapped. */
    lives = life != NULL && !life->over;
    remember(timeline, event, chosen && lives);
    if (chosen && lives && !is_of_batch(event) && event->kind < LOG_MAP)
        draw(timeline, event);
    if (!is_of_batch(event) && event->kind != LOG_OTHER)
        timeline->forking = 0;
    if (event->kind == LOG_EXIT)
        end_life(timeline, event->pid);
    return count(timeline, event, before) && !timeline->no_memory;
}

static bool tell_all(struct timeline *timeline)
{
    struct faultlog *log = &timeline->inquiry->log;
    struct log_events events;
    struct log_event event;
    int more = log_events_begin(&events, log->db) ? 1 : -1;

    while (more == 1 && !ferror(timeline->packets.to) && !log->failed &&
           (more = log_events_next(&events, &event)) == 1)
        if (!tell(timeline, &event))
            faultlog_no_memory(log);
    log_events_end(&events);
    if (more < 0)
        return log_failed(log->path, log->db);
    return !log->failed;
}

/* What has not come to its end with the log's. */
static void end_all(struct timeline *timeline)
{
    close_fault(timeline, UINT64_MAX);
    if (timeline->batch > 0)
        write_counters(timeline, timeline->now);
    for (uint32_t i = 0; i < timeline->life_count; i++) {
        const struct life *life = &timeline->lives[i];
        uint64_t end =
            life->busy_until > timeline->now ? life->busy_until : timeline->now;

        if (life->drawn && !life->over && is_process(life->pid))
            end_slice(timeline, life->pid, end);
    }
}

/* ---- from the beginning to the end ---- */

static bool begin_trace(struct timeline *timeline, FILE *to)
{
    const char *names[LOG_KINDS + 1];

    for (unsigned kind = 0; kind < LOG_KINDS; kind++)
        names[kind] = log_kind_name((enum log_kind)kind);
    names[LOG_KINDS] = NULL;
    if (!packets_begin(&timeline->packets, to,
                       &(struct packet_names){names, categories, arguments}))
        return false;
    packets_track(&timeline->packets, TRACK_MACHINE, "machine");
    for (unsigned kind = 0; kind < CENSUS_KINDS; kind++) {
        char name[64];

        (void)snprintf(name, sizeof(name), "frames: %s",
                       census_kind_name((enum census_kind)kind));
        packets_counter(&timeline->packets, TRACK_COUNTERS + kind, name);
        packets_count(&timeline->packets, 1, TRACK_COUNTERS + kind, 0);
    }
    return true;
}

bool export_timeline(struct inquiry *inquiry, FILE *to)
{
    struct timeline timeline = {.inquiry = inquiry, .now = 1};
    struct faultlog *log = &inquiry->log;
    bool whole = false;

    timeline.shares = calloc(CENSUS_FRAMES, sizeof(*timeline.shares));
    if (timeline.shares == NULL || !census_init(&timeline.census))
        faultlog_no_memory(log);
    else if (chosen_begin(&timeline.chosen, inquiry)) {
        service_read(&timeline.service, log->db);
        whole = begin_trace(&timeline, to) && tell_all(&timeline);
        end_all(&timeline);
        if (!packets_end(&timeline.packets))
            faultlog_no_memory(log);
        chosen_end(&timeline.chosen);
    }
    if (timeline.packets.full) {
        complain(log->path, "holds what is too long for a packet");
        whole = false;
    }
    census_free(&timeline.census);
    free(timeline.shares);
    free(timeline.lives);
    keymap_free(&timeline.by_pid);
    return whole && !log->failed;
}
