// Signs in, keeps the token in memory only, sends queries. Answers are shown as text, never as markup.
"use strict";

let token = "";

const byId = (id) => document.getElementById(id);

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  return answer.json();
}

byId("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const said = byId("signed-in");
  try {
    token = "";
    const answer = await post("/sign-in", {
      email: form.get("email"),
      password: form.get("password"),
    });
    token = answer.token ?? "";
    said.textContent = answer.error
      ? `${answer.error.message}: ${answer.error.advice}`
      : `signed in until ${answer.expiresAt}`;
  } catch (error) {
    said.textContent = `no answer: ${error.message}`;
  }
});

byId("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const shown = byId("answer");
  try {
    const variables = JSON.parse(byId("variables").value || "{}");
    const answer = await post("/graphql", { query: byId("query").value, variables });
    shown.textContent = JSON.stringify(answer, null, 2);
  } catch (error) {
    shown.textContent = `no answer: ${error.message}`;
  }
});
