"""What is said of the change from one guideline version to another."""

from labeling.guideline_diff import diff
from schemas.guidelines import ClassChange, Definition, Example, Guideline


def defined(**texts: str) -> tuple[Definition, ...]:
    """Return definitions by name."""
    return tuple(Definition(name=name, text=text) for name, text in texts.items())


FIRST = Guideline(version=1, body="One.\nTwo.\n", definitions=defined(cat="It purrs.", dog="", fox=""))


def test_classes_definitions_pairs_and_text_are_told_apart() -> None:
    """Each in a sentence of its own; the text as a unified diff."""
    cat = Definition(name="cat", text="It meows.", examples=(Example(task_id=7),))
    changes = (ClassChange(takes=("dog", "fox"), gives=("canine",)),)
    second = Guideline(
        version=2,
        body="One.\nThree.\n",
        definitions=(cat, *defined(canine="It barks.")),
        changes=changes,
        settles=(("cat", "canine"),),
    )
    found = diff([FIRST, second])
    assert found.classes == ("version 2: 'dog' and 'fox' were merged into 'canine'",)
    assert found.settles == (("cat", "canine"),)
    assert found.definitions == (
        "'dog' is gone",
        "'fox' is gone",
        "'cat' is defined otherwise: It meows. (1 examples, 0 counter-examples)",
        "'canine' is new: It barks. (0 examples, 0 counter-examples)",
    )
    assert found.lines == ("--- version 1", "+++ version 2", "@@ -1,2 +1,2 @@", " One.", "-Two.", "+Three.")


def test_what_happened_to_classes_in_between_is_told_too() -> None:
    """In the order of the versions."""
    second = FIRST.model_copy(update={"version": 2, "changes": (ClassChange(takes=("cat",), gives=("feline",)),)})
    third = FIRST.model_copy(update={"version": 3, "changes": (ClassChange(takes=("feline",), gives=("cat", "lynx")),)})
    assert diff([FIRST, second, third]).classes == (
        "version 2: 'cat' became 'feline'",
        "version 3: 'feline' was split into 'cat' and 'lynx'",
    )


def test_equal_versions_differ_in_nothing() -> None:
    """Whatever their numbers."""
    found = diff([FIRST, FIRST.model_copy(update={"version": 2})])
    assert (found.classes, found.settles, found.definitions, found.lines) == ((), (), (), ())
