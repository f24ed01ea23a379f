import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "../shared/look.css";
import { applyTheme } from "../shared/theme";
import { App } from "./app";

applyTheme();
const place = document.getElementById("app");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
