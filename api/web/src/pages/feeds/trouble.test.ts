import { expect, test } from "vitest";
import { withoutUrl } from "./trouble";

test("the feed's address is not repeated in what is said of it", () => {
  expect(withoutUrl("rtsp://***@10.0.0.1/a: refused", "rtsp://***@10.0.0.1/a")).toBe("refused");
  expect(withoutUrl("/etc/a: refused", "")).toBe("/etc/a: refused");
});
