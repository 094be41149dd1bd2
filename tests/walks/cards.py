"""Walks of the chapter on cards and meters."""

from walks.person import Person
from walks.register import walk
from walks.shop import WATER
from yika_common.sync.card_list import Notice


@walk("cards")
def what_the_meter_wrote_onto_the_card_is_read(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.shop.sell(customer, WATER)
    clerk.shop.load(customer, WATER)
    clerk.customer_comes(customer)
    clerk.key("F4")
    clerk.sees_name("Meters on this card", "supplies", "has not written yet")
    clerk.key("F10")
    clerk.follow("Readings")
    clerk.sees(customer.account.meters[WATER].meter)


@walk("cards")
def the_holder_is_told_what_headquarters_has_to_say(clerk: Person) -> None:
    customer = clerk.shop.household()
    notice = Notice(
        nth=1, card=customer.card, action="message", zh="请携带证件", en="Bring your papers"
    )
    clerk.shop.world.headquarters.list_cards(notices=(notice,))
    clerk.shop.exchange()
    clerk.customer_comes(customer)
    said = "Bring your papers" if clerk.shop.language == "en" else "请携带证件"
    clerk.sees_name("Tell the holder")
    clerk.sees(said)
    clerk.do_twice("The holder was told")
    assert said not in clerk.page.inner_text("main")
    clerk.shop.world.headquarters.list_cards()
    clerk.shop.exchange()
