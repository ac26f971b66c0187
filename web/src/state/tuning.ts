/** How varied and how fair the stream shall be; null leaves it to the recipe. */

import { useStored } from "./stored";

export interface Tuning {
  diversity: number | null;
  fairness: boolean | null;
  setDiversity: (value: number | null) => void;
  setFairness: (value: boolean | null) => void;
}

export function useTuning(): Tuning {
  const [variety, setVariety] = useStored("diversity", "");
  const [fair, setFair] = useStored("fairness", "");
  const number = Number(variety);
  return {
    diversity: variety === "" || !(number >= 0 && number <= 1) ? null : number,
    fairness: fair === "" ? null : fair === "on",
    setDiversity: (value) => setVariety(value === null ? "" : String(value)),
    setFairness: (value) => setFair(value === null ? "" : value ? "on" : "off"),
  };
}
