// Sends queries as whoever is signed in here. Answers are shown as text, never as markup.
"use strict";

const byId = (id) => document.getElementById(id);

byId("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const shown = byId("answer");
  try {
    const variables = JSON.parse(byId("variables").value || "{}");
    const answer = await fetch("/graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ query: byId("query").value, variables }),
    });
    shown.textContent = JSON.stringify(await answer.json(), null, 2);
  } catch (error) {
    shown.textContent = `no answer: ${error.message}`;
  }
});
