// The ticket stands behind the # of the address, which browsers send to nobody; it leaves the history before it is used.
(async () => {
  const ticket = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  const asked = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ticket }) };
  const reply = await fetch("/v1/session", asked).catch(() => ({ status: 503 }));
  location.replace(reply.ok ? "/label" : `/sign-in?refused=${reply.status === 401 ? "ticket" : 503}`);
})();
