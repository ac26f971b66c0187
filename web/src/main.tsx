import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { ReaderOf } from "./state/reader";
import { begin } from "./words";
import "./styles/faces.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/cards.css";
import "./styles/pages.css";
import "./styles/drawer.css";

await begin(); // the words are here before the first of them is shown

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <ReaderOf>
      <App />
    </ReaderOf>
  </StrictMode>,
);
