"""What can go wrong at headquarters and concerns more than one of its desks."""

from yika_common.errors import N_, YikaError


class FolderNotReady(YikaError):
    """The data folder holds no headquarters."""

    code = "central_folder_not_ready"
    sentence = N_(
        "There is no headquarters in the folder %(folder)s. Nothing was done. Run "
        "“yika-central init” first, or name the right folder with --data."
    )


class AlreadyInitialised(YikaError):
    """A headquarters is set up once: its keys are what every node and meter trusts."""

    code = "central_already_initialised"
    sentence = N_(
        "The folder %(folder)s already holds a headquarters with its keys. Nothing was changed. "
        "Name an empty folder to set up another one."
    )


class SecretsDamaged(YikaError):
    """The file with the keys is missing, damaged or readable by others."""

    code = "central_secrets_damaged"
    sentence = N_(
        "The keys of headquarters in %(file)s cannot be used: %(why)s. Nothing was signed. "
        "Restore the file from the backup."
    )


class DatabaseAway(YikaError):
    """The database server does not answer, or stopped answering."""

    code = "central_database_away"
    sentence = N_(
        "The database does not answer. The last step was not saved. Check that the database "
        "server runs, then repeat the step."
    )


class UnknownNode(YikaError):
    """No vending point of that name."""

    code = "unknown_node"
    sentence = N_(
        "Headquarters knows no vending point “%(node)s”. Nothing was taken. Check the name or "
        "enrol it."
    )


class UnknownItem(YikaError):
    """Nothing is kept under that digest."""

    code = "unknown_item"
    sentence = N_(
        "Headquarters keeps no file with this digest. Nothing was sent. Ask for the manifest "
        "again and fetch what it names."
    )


class BadName(YikaError):
    """A code that goes into keys and file names has other characters than capitals and digits."""

    code = "central_bad_name"
    sentence = N_(
        "“%(name)s” is not a usable code. Nothing was changed. Use 1 to %(most)s capitals, digits "
        "and hyphens."
    )
