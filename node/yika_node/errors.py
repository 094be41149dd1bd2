"""What can go wrong at a vending point as a whole: its set-up, its vault, its journal."""

from yika_common.errors import N_, YikaError


class AlreadyRunning(YikaError):
    """Another process of the node holds the data folder."""

    code = "already_running"
    sentence = N_(
        "The vending point is already running on this data folder. This command changed nothing. "
        "Use the running program, or stop it first."
    )


class PracticeFolder(YikaError):
    """A practice vending point is to be used as a real one."""

    code = "practice_folder"
    sentence = N_(
        "The folder %(folder)s is one of practice, where nothing is real. Nothing was done. Name "
        "the vending point's own folder, or use “yika-node practice”."
    )


class NotEnrolled(YikaError):
    """The installation has no name yet."""

    code = "not_enrolled"
    sentence = N_(
        "This vending point is not registered with headquarters yet. Nothing was changed. Enter "
        "the one-time token first."
    )


class AlreadyEnrolled(YikaError):
    """A second enrolment was asked for."""

    code = "already_enrolled"
    sentence = N_(
        "This vending point is already registered as %(node)s. Nothing was changed. Sign in, or "
        "use an empty data folder for another one."
    )


class VaultLocked(YikaError):
    """Keys are needed and nobody is signed in."""

    code = "vault_locked"
    sentence = N_(
        "The keys of this vending point are locked because nobody is signed in. Nothing was "
        "changed. Sign in."
    )


class VaultDamaged(YikaError):
    """The key file is missing parts or was changed."""

    code = "vault_damaged"
    sentence = N_(
        "The key file of this vending point is damaged. Nothing can be sold. Restore the file "
        "from the backup, or register the vending point anew."
    )


class JournalDamaged(YikaError):
    """The stored journal does not carry the node's signature at its end."""

    code = "journal_damaged"
    sentence = N_(
        "The journal's last signature does not fit its content: the database was damaged or "
        "changed. Nothing more will be sold. Keep the data folder and call headquarters."
    )


class NodeRestored(YikaError):
    """The database is older than what this node has already said."""

    code = "node_restored"
    sentence = N_(
        "The database is older than what this vending point has already recorded (%(known)s "
        "records, %(found)s found). Nothing more will be sold, so that no number is used twice. "
        "Connect to headquarters and have the vending point registered anew."
    )


class CounterOnly(YikaError):
    """What is done with the card, the drawer or the printer was asked for from elsewhere."""

    code = "counter_only"
    sentence = N_(
        "This is done at the counter itself, where the card reader, the drawer and the printer "
        "are. Nothing was changed. Go to the counter's own screen."
    )
