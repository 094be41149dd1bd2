"""What can be wrong with a vending point's pages on its local network."""

from yika_common.errors import N_, YikaError


class LanCertificateMissing(YikaError):
    """The pages are to be served to other machines, and nothing vouches for them."""

    code = "lan_certificate_missing"
    sentence = N_(
        "The pages are to be served to other machines at %(host)s, and this vending point has no "
        "certificate of headquarters for that. Nothing was started. Ask for one with “yika-node "
        "lan request”, or take the table [lan] out of node.toml."
    )


class LanCertificateOver(YikaError):
    """The certificate is good no longer, or the clock says so."""

    code = "lan_certificate_over"
    sentence = N_(
        "The certificate for the local network was good until %(until)s. Other machines get no "
        "page; the counter itself goes on. Ask headquarters for a new one with “yika-node lan "
        "request”, or set the clock if it is wrong."
    )


class LanCertificateEarly(YikaError):
    """The certificate is not good yet: the clock is behind."""

    code = "lan_certificate_early"
    sentence = N_(
        "The certificate for the local network is good from %(begins)s on, and the clock is not "
        "there yet. Other machines get no page; the counter itself goes on. Set the clock."
    )


class LanKeyUnfit(YikaError):
    """The private key is damaged, another one, or open to others."""

    code = "lan_key_unfit"
    sentence = N_(
        "The key in %(file)s cannot be used for the local network: %(why)s. Other machines would "
        "get no page that can be trusted, and nothing was started. Remove the folder “lan” and "
        "ask for a new certificate with “yika-node lan request”."
    )


class LanGrantUnfit(YikaError):
    """A grant that is not the answer to what this vending point asked."""

    code = "lan_grant_unfit"
    sentence = N_(
        "This certificate of headquarters is not for this vending point's key. Nothing was "
        "changed. Take the answer to the last request, or ask again."
    )


class LanNothingAsked(YikaError):
    """There is no authority to hand out: no certificate was taken yet."""

    code = "lan_nothing_taken"
    sentence = N_(
        "This vending point has no certificate for its local network yet, so there is nothing "
        "for browsers to trust. Nothing was written. Ask headquarters first."
    )
