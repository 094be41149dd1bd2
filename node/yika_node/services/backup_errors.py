"""What can go wrong with backups, and on the way back from one."""

from yika_common.errors import N_, YikaError


class NothingToKeep(YikaError):
    """The folder holds no vending point."""

    code = "nothing_to_keep"
    sentence = N_(
        "There is no vending point in the folder %(folder)s. Nothing was copied. Name the right "
        "folder."
    )


class FolderInUse(YikaError):
    """A vending point is already there."""

    code = "folder_in_use"
    sentence = N_(
        "The folder %(folder)s already holds a vending point. Nothing was changed. Restore into "
        "an empty folder."
    )


class NoRoomForBackup(YikaError):
    """The disk has less room than a backup takes while it is made."""

    code = "no_room_for_backup"
    sentence = N_(
        "A backup needs %(needed)s MB for a moment and the disk has %(free)s MB. No backup was "
        "made; selling goes on. Free some space."
    )


class BackupFailed(YikaError):
    """The operating system refused a step."""

    code = "backup_failed"
    sentence = N_(
        "The backup could not be written (%(why)s). The data are untouched and selling goes on. "
        "Look at the disk, or at the stick."
    )


class BackupRunning(YikaError):
    """Another process makes one at this moment."""

    code = "backup_running"
    sentence = N_("A backup is being made at this moment. Nothing was started. Wait for its end.")


class NoBackup(YikaError):
    """The file is none of ours, or its beginning is damaged."""

    code = "no_backup"
    sentence = N_(
        "%(file)s is no backup of a vending point. Nothing was changed. Name a file whose name "
        "ends in “.yikabackup”."
    )


class BackupUnreadable(YikaError):
    """What is in the file does not open: it was cut short, changed, or is another node's."""

    code = "backup_unreadable"
    sentence = N_(
        "The backup %(file)s is damaged and cannot be restored. Nothing was changed. Take the one "
        "made before it."
    )


class SecondMediumAbsent(YikaError):
    """The configured second place is not there."""

    code = "second_medium_absent"
    sentence = N_(
        "The second place for backups, %(place)s, is not there. The backup on this machine is "
        "whole. Plug the stick in; the next backup goes there too."
    )
