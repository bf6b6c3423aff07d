/*
 * null read|write|jump: an access to address 0.
 *
 * Prints one of
 *      null: read
 *      null: write
 *      null: jump
 * and dies by signal 11.
 *
 * Why: the three kinds of access at a page that is not there: error codes 4, 6
 * and, for the fetch, 4 with EIP and CR2 both 0.
 */
#include "guest.h"

typedef void function(void);

int main(int argc, char **argv)
{
    /* Volatile, or the compiler, seeing a null pointer, would put a trap in the
     * access's place. */
    volatile uint32_t *volatile nowhere = NULL;
    function *volatile no_function = NULL;

    if (word_argument(argc, argv, 1, "read")) {
        print("null: read\n");
        (void)*nowhere;
    } else if (word_argument(argc, argv, 1, "write")) {
        print("null: write\n");
        *nowhere = 1;
    } else if (word_argument(argc, argv, 1, "jump")) {
        print("null: jump\n");
        no_function();
    } else {
        print("usage: null read|write|jump\n");
        return 2;
    }
    print("null: GRANTED\n");
    return 1;
}
