"""What thieves do in a town, beside everything that honest people do."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from attack_beginning import key_place_of
from attack_books import GAS, POINTS, UNIT, Household
from attack_cards import CPU, KINDS, number_of
from attack_street import UNOPENED, Street, households, points, slots, small, units
from attack_thieves import (
    can_be_copied,
    card_under_an_old_key,
    forge,
    record_under_old_keys,
    write_as_a_point,
    write_over,
)


class Gang(Street):
    """Everything that anybody does."""

    @rule(who=households)
    def copy_a_card(self, who: int) -> None:
        """Of a CPU card nothing worth having can be read out, but by whoever opened that chip."""
        household = self.who(who)
        if can_be_copied(household):
            household.images.append(household.pocket.image)

    @rule(who=households)
    def extract_a_cards_keys(self, who: int) -> None:
        household = self.who(who)
        if household.kind == CPU and self.open(household):
            household.images.append(household.pocket.image)

    def open(self, household: Household) -> bool:
        """Whoever has a CPU card's keys may do with it what anybody does with a memory card."""
        number = number_of(household.pocket)
        if household.index == UNOPENED or not number:
            return False
        household.crooked = True
        if household.kind == CPU:
            household.opened.add(number)
            self.town.happened["a card's keys extracted"] += 1
        return True

    @rule(who=households, nth=small)
    def put_old_content_on_a_card(self, who: int, nth: int) -> None:
        household = self.who(who)
        if household.images and can_be_copied(household):
            household.crooked = True
            household.images.append(household.pocket.image)
            household.pocket.image = household.images[nth % len(household.images)]
            self.town.happened["card restored"] += 1

    @rule(who=households, nth=small, point=points, slot=slots, count=units)
    def use_an_old_card(self, who: int, nth: int, point: int, slot: int, count: int) -> None:
        """A card that was replaced, whatever its type: at a point, and in its meter."""
        household = self.who(who)
        old = household.pockets[nth % len(household.pockets)]
        if old is not household.pocket:
            household.crooked = True
            self.town.sell(household, point, {slot: count}, pocket=old)
            self.town.load(old, household.meters[slot])

    @rule(who=households, other=households, slot=slots)
    def show_a_card_to_anothers_meter(self, who: int, other: int, slot: int) -> None:
        self.town.load(self.who(who).pocket, self.town.households[other].meters[slot])

    @rule(who=households, nth=small, slot=slots)
    def load_a_copy(self, who: int, nth: int, slot: int) -> None:
        """The write-back goes onto the copy: nobody sees it."""
        household = self.who(who)
        if household.images:
            household.crooked = True
            copy = household.pocket.copied()
            copy.image = household.images[nth % len(household.images)]
            self.town.load(copy, household.meters[slot])
            household.images.append(copy.image)

    @rule(who=households, at=st.integers(0, 1023), value=st.integers(0, 255))
    def forge_bytes(self, who: int, at: int, value: int) -> None:
        household = self.who(who)
        if household.kind != CPU:
            household.crooked = True
            household.images.append(household.pocket.image)
            write_over(household.pocket, at, bytes((value,)))

    @rule(who=households, other=households)
    def put_one_cards_content_on_another(self, who: int, other: int) -> None:
        one, two = self.who(who), self.town.households[other]
        if one is not two and one.kind == two.kind != CPU:
            one.crooked = two.crooked = True
            one.images.append(one.pocket.image)
            one.pocket.image = two.pocket.image

    @rule(who=households, slot=slots, count=units)
    def use_a_meters_own_keys(self, who: int, slot: int, count: int) -> None:
        """Whoever opened that meter makes credit for it, and for no other."""
        household = self.who(who)
        extracted = self.town.extracted
        if not extracted or household.meters[slot] in extracted:
            household.crooked = True
            forge(self.town, household.meters[slot], slot, count * 100_000)

    @rule(who=households, slot=slots, count=units, whole=st.booleans())
    def use_keys_of_an_old_version(self, who: int, slot: int, count: int, whole: bool) -> None:
        """Somebody kept what a meter's, or a card number's, keys were before."""
        household = self.who(who)
        town, version = self.town, key_place_of(self.town.hq, meter=household.meters[slot])[0]
        if whole:
            false = card_under_an_old_key(town, household)
            if false is not None:
                town.sell(household, count % len(POINTS), {slot: count}, pocket=false)
                town.load(false, household.meters[slot])
        elif version > 1 and self.open(household):
            household.images.append(household.pocket.image)
            made = record_under_old_keys(town, household, slot, count * UNIT)
            record = household.old_record if slot == GAS and count % 2 else made
            write_as_a_point(town, household.pocket, slot, record or made)
            town.load(household.pocket, household.meters[slot])

    @rule(
        other=st.integers(0, len(KINDS) - 1), who=households, point=points, slot=slots, how=small
    )
    def come_from_another_area(
        self, other: int, who: int, point: int, slot: int, how: int
    ) -> None:
        """A card of another area: at this town's points and meters, on its cards, and at home."""
        household, stranger, town = self.who(who), self.town.strangers[other], self.town
        town.happened["from another area"] += 1
        match how:
            case 0 | 1:
                town.read(point, stranger.pocket)
            case 2 | 3:
                assert town.sell(stranger, point, {slot: 1}) is None
            case 4:
                town.end(point, stranger.pocket, "recycled")
            case 5:
                town.load(stranger.pocket, household.meters[slot])
                town.load(household.pocket, stranger.meters[slot])
            case 6 if household.kind == stranger.kind != CPU:
                household.crooked = True
                household.images.append(household.pocket.image)
                household.pocket.image = stranger.pocket.image
            case _:
                town.load(stranger.pocket, stranger.meters[slot])
                town.untouched[other] = stranger.pocket.image
