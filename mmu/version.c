/* version.c: the version, as text. */
#include "version.h"

#define DOTTED(major, minor, patch)  #major "." #minor "." #patch
#define TEXT_OF(major, minor, patch) DOTTED(major, minor, patch)

const char *mmu_version(void)
{
    return TEXT_OF(MMU_VERSION_MAJOR, MMU_VERSION_MINOR, MMU_VERSION_PATCH);
}
