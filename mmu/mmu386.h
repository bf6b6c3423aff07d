/* mmu386.h: all of libmmu386. */
#ifndef MMU386_MMU386_H
#define MMU386_MMU386_H

#include "addrspace.h"
#include "audit.h"
#include "cow.h"
#include "event.h"
#include "fork.h"
#include "frames.h"
#include "mmu.h"
#include "paging.h"
#include "physmem.h"
#include "tlb.h"
#include "version.h"
#include "walk.h"

#endif
