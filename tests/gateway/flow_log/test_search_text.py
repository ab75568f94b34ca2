

def test_what_is_nested_too_deeply_is_taken_as_it_stands() -> None:
    assert search_text(b"[" * 100_000, b'{"a":' * 100_000).startswith("[[[")
