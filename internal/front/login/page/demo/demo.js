// An application like any other: it knows of the workspace what its discovery document says, and of people what their tokens
// say. Tokens are in the variables of this page and nowhere else: closing or reloading it forgets them.
"use strict";

(() => {
  const root = document.getElementById("demo");
  const { client, issuer, scope, home, words, path } = root.dataset;
  const say = JSON.parse(words);
  const part = (name) => root.querySelector(`[data-part=${name}]`);
  const encode = (raw) => btoa(String.fromCharCode(...new Uint8Array(raw))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const decode = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const read = (text) => JSON.parse(new TextDecoder().decode(decode(text)));
  const random = () => encode(crypto.getRandomValues(new Uint8Array(32)));
  const hash = (text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  // The documents name the issuer as others see it; this page asks for them where it lies itself.
  const near = (url) => (url.startsWith(issuer + "/") ? path + url.slice(issuer.length) : url);

  let tokens = null, about = null;

  const fetched = async (url, form) => {
    const answer = await fetch(near(url), form && { method: "POST", body: new URLSearchParams(form) });
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(body.error_description || body.error || `HTTP ${answer.status}`);
    return body;
  };
  const discover = async () => {
    about ??= await fetched(`${issuer}/.well-known/openid-configuration`);
    if (about.issuer !== issuer) throw new Error("issuer");
    return about;
  };

  const login = async () => {
    const { authorization_endpoint } = await discover();
    const trip = { state: random(), nonce: random(), verifier: random() };
    sessionStorage.setItem("demo", JSON.stringify(trip));
    location.assign(`${near(authorization_endpoint)}?${new URLSearchParams({
      response_type: "code", client_id: client, redirect_uri: home, scope, state: trip.state, nonce: trip.nonce,
      code_challenge: encode(await hash(trip.verifier)), code_challenge_method: "S256",
    })}`);
  };

  // check reads an ID token as OpenID Connect Core section 3.1.3.7 says.
  const check = async (token, nonce) => {
    const [head, body, signature] = token.split(".");
    const { kid, alg } = read(head);
    const { keys } = await fetched((await discover()).jwks_uri);
    const jwk = keys.find((k) => k.kid === kid);
    if (alg !== "RS256" || !jwk) throw new Error("kid");
    const key = await crypto.subtle.importKey("jwk", jwk, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, ["verify"]);
    const signed = new TextEncoder().encode(`${head}.${body}`);
    if (!await crypto.subtle.verify("RSASSA-PKCS1-v1_5", key, decode(signature), signed)) throw new Error("signature");
    const claims = read(body);
    if (claims.iss !== issuer) throw new Error("iss");
    if (![claims.aud].flat().includes(client)) throw new Error("aud");
    if (claims.exp * 1000 <= Date.now() - 60000) throw new Error("exp");
    if (nonce !== undefined && claims.nonce !== nonce) throw new Error("nonce");
    return claims;
  };

  const arrive = async (query) => {
    const trip = JSON.parse(sessionStorage.getItem("demo") || "null");
    sessionStorage.removeItem("demo");
    history.replaceState(null, "", location.pathname); // the code is nothing to bookmark
    if (!trip || trip.state !== query.get("state")) throw new Error("state");
    if (query.get("error")) throw new Error(query.get("error_description") || query.get("error"));
    if (query.get("iss") && query.get("iss") !== issuer) throw new Error("iss");
    const got = await fetched((await discover()).token_endpoint, {
      grant_type: "authorization_code", client_id: client, code: query.get("code"), redirect_uri: home, code_verifier: trip.verifier,
    });
    show(got, await check(got.id_token, trip.nonce));
  };

  const refresh = async () => {
    const got = await fetched((await discover()).token_endpoint, { grant_type: "refresh_token", client_id: client, refresh_token: tokens.refresh_token });
    const claims = await check(got.id_token);
    if (claims.sub !== tokens.claims.sub) throw new Error("sub");
    show({ refresh_token: tokens.refresh_token, ...got }, claims);
    tell("notice", say.refreshed);
  };

  const leave = async () => {
    const { end_session_endpoint, revocation_endpoint } = await discover();
    const { id_token, refresh_token } = tokens;
    if (refresh_token) await fetch(near(revocation_endpoint), { method: "POST", body: new URLSearchParams({ token: refresh_token, client_id: client }) });
    const form = part("leave"); // by POST: a token has no place in an address
    form.action = near(end_session_endpoint);
    form.elements.id_token_hint.value = id_token;
    form.submit();
  };

  const time = (seconds) => new Date(seconds * 1000).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
  const plain = (name, value) => {
    if (["exp", "iat", "auth_time", "nbf"].includes(name)) return time(value);
    if (Array.isArray(value) && value.every((v) => typeof v !== "object")) return value.join(", ");
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  };
  const fill = (name, claims, end) => {
    const list = part(`${name}-claims`);
    const known = ([claim]) => (say[claim] ? 0 : 1); // what has words comes first
    list.replaceChildren(...Object.entries(claims).sort((a, b) => known(a) - known(b)).map(([claim, value]) => {
      const row = document.createElement("div"), term = document.createElement("dt"), text = document.createElement("dd"), code = document.createElement("code");
      code.textContent = claim;
      if (say[claim]) term.append(say[claim], " ");
      term.append(code);
      text.textContent = plain(claim, value);
      row.append(term, text);
      return row;
    }));
    part(`${name}-raw`).textContent = JSON.stringify(claims, null, 2);
    part(`${name}-end`).textContent = say.end.replace("{time}", time(end));
  };
  const show = (got, claims) => {
    tokens = { ...got, claims };
    fill("id", claims, claims.exp);
    const jwt = got.access_token.split(".").length === 3;
    fill("access", jwt ? read(got.access_token.split(".")[1]) : {}, jwt ? read(got.access_token.split(".")[1]).exp : Date.now() / 1000 + got.expires_in);
    const said = jwt ? read(got.access_token.split(".")[1]).username : ""; // CONNECTION_SUBJECT
    const via = JSON.parse(root.dataset.connections)[String(said).split("_")[0]];
    part("via").hidden = !via;
    part("via").textContent = say.via.replace("{connection}", via);
    part("refresh").hidden = !got.refresh_token;
    part("out").hidden = true;
    part("in").hidden = false;
    part("in").focus();
  };
  const tell = (kind, text) => {
    for (const one of ["notice", "trouble"]) {
      part(one).hidden = one !== kind;
      part(one).textContent = one === kind ? text : "";
    }
  };

  const act = (work) => async () => {
    tell();
    root.setAttribute("aria-busy", "true");
    try {
      await work();
    } catch (error) {
      tell("trouble", say.failed.replace("{error}", error.message));
    }
    root.removeAttribute("aria-busy");
  };
  if (!globalThis.crypto?.subtle) return tell("trouble", say.insecure);
  for (const [name, work] of Object.entries({ login, refresh, signout: leave })) part(name).addEventListener("click", act(work));
  part("login").hidden = false;
  const query = new URLSearchParams(location.search);
  if (query.has("state")) act(() => arrive(query))();
  else if (query.has("login")) act(login)();
})();
