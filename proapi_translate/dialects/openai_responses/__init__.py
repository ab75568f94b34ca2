"""OpenAI's Responses API, /v1/responses: what today's official SDKs and coding agents speak to us.

Source: the types of the `openai` package (types/responses), read 2026-11-25.
"""
