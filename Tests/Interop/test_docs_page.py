"""The pages of a service about itself, in headless Chromium: everything can be tried, with the keyboard alone."""

import os
import pathlib
import re

import pytest
from playwright.sync_api import Page, Request, sync_playwright

from programs import LocalDaytona, ShellTasks

SCREENSHOTS = os.environ.get("INTEROP_SCREENSHOTS")
"""The folder that pictures of the pages are written to, if any."""


@pytest.fixture(scope="module")
def key():
    return "a key of the service"


@pytest.fixture(scope="module")
def program(tmp_path_factory, key):
    service = ShellTasks(
        tmp_path_factory.mktemp("docs"), "--docs-public", environment={"BENCHMARK_API_KEY": key})
    yield service
    service.stop()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["INTEROP_CHROMIUM"], args=["--no-sandbox", "--no-proxy-server"])
        yield browser
        browser.close()


class Watch:
    """What a page has asked for, and complained about."""

    def __init__(self, page: Page):
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))


@pytest.fixture
def page(browser, program):
    context = browser.new_context(viewport={"width": 1100, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.watch = Watch(page)
    page.goto(program.url + "/docs")
    yield page
    own = [request.url.startswith((program.url + "/", "data:")) for request in page.watch.requests]
    assert all(own), [request.url for request in page.watch.requests]
    context.close()


def picture(page: Page, name: str):
    if SCREENSHOTS:
        page.screenshot(path=pathlib.Path(SCREENSHOTS) / f"{name}.png", full_page=False)


def give_key(page: Page, key: str):
    page.locator("#credentials > summary").press("Enter")
    page.get_by_label("Service key", exact=True).fill(key)


def test_every_operation_and_stream_opens_with_the_keyboard(page):
    cards = page.locator("details.card")
    assert cards.count() == 8
    for index in range(8):
        card = cards.nth(index)
        card.locator(":scope > summary").focus()
        page.keyboard.press("Enter")
        assert card.get_attribute("open") is not None
        assert card.locator("input, textarea, button").count() > 0
    # Every input has a name that is read out.
    for box in page.locator("input, textarea, select").all():
        assert page.locator(f"label[for='{box.get_attribute('id')}']").count() == 1
    assert page.watch.complaints == []


def test_an_operation_is_sent_with_the_key_and_without_it(page, key):
    card = page.locator("#get_verify_task_ids")
    card.locator(":scope > summary").press("Enter")
    card.get_by_role("button", name="Send").press("Enter")
    card.locator(".state.bad").wait_for()
    assert "401" in card.locator(".state").inner_text()
    give_key(page, key)
    card.get_by_label("slice").fill("0:2")
    card.get_by_role("button", name="Send").press("Enter")
    card.locator(".state.good").wait_for()
    assert card.locator(".state").inner_text().startswith("200")
    assert '"task_ids"' in card.locator("pre").first.inner_text()
    card.get_by_text("As a command").click()
    command = card.locator("pre").nth(2).inner_text()
    assert "$BENCHMARK_API_KEY" in command and key not in command
    assert key not in "".join(request.url for request in page.watch.requests)
    card.scroll_into_view_if_needed()
    picture(page, "docs-operation")


def test_a_body_that_is_no_json_is_not_sent(page):
    card = page.locator("#post_final_score")
    card.locator(":scope > summary").press("Enter")
    before = len(page.watch.requests)
    card.get_by_label("Body").fill("{")
    card.get_by_role("button", name="Send").press("Enter")
    assert "not JSON" in card.locator(".state.bad").inner_text()
    assert len(page.watch.requests) == before


def test_header_fields_that_a_service_asks_for_by_itself_are_sent(page):
    page.locator("#credentials > summary").press("Enter")
    page.get_by_label("Other header fields").fill("x-pass: open: sesame\n\nX-Other:1")
    assert "x-pass, X-Other" in page.locator("#credentials-state").inner_text()
    card = page.locator("#get_health")
    card.locator(":scope > summary").press("Enter")
    card.get_by_role("button", name="Send").press("Enter")
    card.locator(".state.good").wait_for()
    headers = page.watch.requests[-1].headers
    assert headers["x-pass"] == "open: sesame" and headers["x-other"] == "1"
    card.get_by_text("As a command").click()
    assert "sesame" not in card.locator("pre").nth(2).inner_text()


ROUTE = """{"summary":"Starts over.","operationId":"post_reset","requestBody":{"required":false,"content":{"*/*":{}}},
"responses":{"default":{"description":"Defined by the service."}}}"""


@pytest.mark.parametrize("body, kind", [('{"a":1}', "application/json"), ("some text", "text/plain; charset=utf-8"), ("", None)])
def test_a_route_of_the_service_s_own_takes_any_query_and_body(page, program, body, kind):
    def with_route(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('"paths":{', '"paths":{"/reset":{"post":' + ROUTE + "},", 1))

    page.route("**/docs", with_route)
    page.goto(program.url + "/docs")
    card = page.locator("#post_reset")
    card.locator(":scope > summary").press("Enter")
    card.get_by_label("Query").fill("a=1&b=2")
    card.get_by_label("Body").fill(body)
    card.get_by_role("button", name="Send").press("Enter")
    card.locator(".state.bad").wait_for()  # this service has no such route
    request = page.watch.requests[-1]
    assert (request.method, request.url) == ("POST", program.url + "/reset?a=1&b=2")
    assert request.post_data == (body or None) and request.headers.get("content-type") == kind
    page.watch.complaints.clear()


@pytest.fixture
def sandbox_fields(page, server: LocalDaytona, key):
    give_key(page, key)
    labels = ["Sandbox API key", "Sandbox API URL", "Sandbox region"]
    for label, value in zip(labels, [server.api_key, server.api_url, server.target]):
        page.get_by_label(label, exact=True).fill(value)


def start(page: Page, name: str, task: str, instance: str):
    card = page.locator(f"#stream-{name}")
    card.locator(":scope > summary").press("Enter")
    card.get_by_label("task_id").fill(task)
    card.get_by_label("instance_id").fill(instance)
    card.get_by_role("button", name="Start").press("Enter")
    return card


@pytest.fixture
def instance(server):
    import daytona

    client = daytona.Daytona(
        daytona.DaytonaConfig(api_key=server.api_key, api_url=server.api_url, target=server.target))
    sandbox = client.create()
    yield sandbox.id
    client.delete(sandbox)


def test_a_stream_is_shown_with_its_result(page, sandbox_fields, instance, server):
    card = start(page, "setup-task", "primes", instance)
    card.get_by_text(re.compile("^Ended: ")).wait_for()
    assert '"status": "ok"' in card.locator("div[aria-live] pre").inner_text()
    assert card.locator(".log").inner_text()
    secrets = [server.api_key, "a key of the service"]
    assert not any(secret in request.url for secret in secrets for request in page.watch.requests)
    card.scroll_into_view_if_needed()
    picture(page, "docs-stream")


def test_a_stream_that_fails_says_so(page):
    card = start(page, "evaluate-instance", "primes", "nowhere")
    card.get_by_text(re.compile("^Failed: 401")).wait_for()
    assert card.get_by_role("button", name="Start").is_enabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/docs", "/redoc"])
@pytest.mark.parametrize("width", [360, 1100])
def test_nothing_is_wider_than_the_window_in_light_and_dark(page, program, path, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(program.url + path)
    for card in page.locator("details.card > summary").all():
        card.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor").removeprefix("rgb(").removesuffix(")")
    assert (max(map(int, ground.split(","))) < 128) == (scheme == "dark")
    assert page.watch.complaints == []
    page.reload()
    picture(page, f"{path[1:]}-{scheme}-{width}")


def test_the_reference_has_every_operation_and_schema(page, program):
    page.goto(program.url + "/redoc")
    assert page.locator("#operations article").count() == 5
    assert page.locator("#schemas article").count() == len(page.evaluate("Object.keys(api.components.schemas)"))
    page.locator(".contents a", has_text="/final-score/").click()
    assert page.url.endswith("#post_final_score")


CONTRAST = """() => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const color = numbers(getComputedStyle(node).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const hasText = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!hasText || !node.getClientRects().length || node.disabled) continue;
    const [a, b] = [luminance(numbers(getComputedStyle(node).color)), luminance(ground(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(node.outerHTML.slice(0, 120));
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_text_has_the_contrast_of_wcag_aa(page, program, path, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(program.url + path)
    for card in page.locator("details.card > summary").all():
        card.click()
    assert page.evaluate(CONTRAST) == []
