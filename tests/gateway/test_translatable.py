from proapi_gateway.translatable import say, verbatim


def test_a_text_knows_what_it_was_made_of() -> None:
    inner = say("a number")
    told = say("%(value)s, in quotes", value=inner)
    assert told == "a number, in quotes"
    assert f"{told}" == "a number, in quotes"
    assert (told.template, told.values) == ("%(value)s, in quotes", {"value": inner})


def test_without_values_a_percent_sign_stands_for_itself() -> None:
    assert say("100 % of it") == "100 % of it"
    assert verbatim("5 %").template == ""
