/* complaint.h: what the code under test would have said to the user. */
#ifndef MMU386_TEST_COMPLAINT_H
#define MMU386_TEST_COMPLAINT_H

/* The last complaint, "what: why", and how many there were since the last call
 * of this. */
const char *complaint_last(unsigned *count);

#endif
