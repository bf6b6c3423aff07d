/* filesystem.c: a list of what is plain: what is not on it is not read. Numbers
 * are those of statfs(2) and of include/uapi/linux/magic.h. FUSE is not plain:
 * a daemon answers, and may answer anything. */
#include "linux/filesystem.h"

#include <stddef.h>

static const uint32_t plain[] = {
    0x0000EF53, /* ext2, ext3, ext4 */
    0x58465342, /* XFS */
    0x9123683E, /* btrfs */
    0xCA451A4E, /* bcachefs */
    0xF2F52010, /* F2FS */
    0x2FC12FC1, /* ZFS */
    0x3153464A, /* JFS */
    0x52654973, /* ReiserFS */
    0x00003434, /* NILFS */
    0x0000137F, /* Minix, and its other versions */
    0x0000138F, 0x00002468, 0x00002478, 0x00004D5A, 0x01021994, /* tmpfs */
    0x858458F6,                                                 /* ramfs */
    0x794C7630,                                                 /* overlayfs */
    0x61756673,                                                 /* aufs */
    0x6A656A63,                                                 /* shiftfs */
    0x0000F15F,                                                 /* eCryptfs */
    0x73717368,                                                 /* SquashFS */
    0xE0F5E1E2,                                                 /* EROFS */
    0x28CD3D45,                                                 /* cramfs */
    0x00007275,                                                 /* romfs */
    0x24051905,                                                 /* UBIFS */
    0x000072B6,                                                 /* JFFS2 */
    0x00009660,                                                 /* ISO 9660 */
    0x15013346,                                                 /* UDF */
    0x00004D44,                                                 /* FAT */
    0x2011BAB0,                                                 /* exFAT */
    0x5346544E,                                                 /* NTFS */
    0x7366746E,             /* NTFS, the kernel's newer driver */
    0x00004244,             /* HFS */
    0x0000482B,             /* HFS+ */
    0x00011954,             /* UFS */
    0x00006969,             /* NFS */
    0xFF534D42,             /* CIFS */
    0xFE534D42,             /* SMB 2 */
    0x0000517B,             /* SMB */
    0x01021997,             /* 9P */
    0x786F4256,             /* VirtualBox's shared folders */
    0x00C36400,             /* Ceph */
    0x5346414F,             /* AFS */
    0x6B414653, 0x01161970, /* GFS2 */
    0x7461636F,             /* OCFS2 */
    0x0BD00BD0,             /* Lustre */
};

bool filesystem_is_plain(uint64_t type)
{
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (plain[i] == (uint32_t)type)
            return true;
    return false;
}
