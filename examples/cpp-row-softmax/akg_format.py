"""The three log files in the form in which AKG's adaptive search writes them.

Headers and labels are Chinese because AKG's are, and readers look for them.
"""

import json
from pathlib import Path
from typing import TypedDict


class Record(TypedDict):
    """One task that passed, with its time and its base's time in microseconds."""

    task_id: str
    parent: str
    unique_dir: str
    time_us: float
    base_us: float


def generation(task_id: str) -> int:
    head = task_id.split("_")[1]
    return 0 if head == "Init" else int(head.removeprefix("Gen"))


def write_verifications(path: Path, entries: list[dict]) -> None:
    """Indented objects, each followed by an empty line: not JSON Lines, in spite of the name."""
    text = "".join(json.dumps(entry, ensure_ascii=False, indent=2) + "\n\n" for entry in entries)
    path.write_text(text, encoding="utf-8")


def write_speed_ups(path: Path, op: str, records: list[Record]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        f"op_name: {op}, task_id: {r['task_id']}, unique_dir: {r['unique_dir']}, base_time: {r['base_us']:.6f} us, "
        f"generation_time: {r['time_us']:.6f} us, speedup: {r['base_us'] / r['time_us']:.6f}x\n"
        for r in records
    ]
    path.write_text("".join(lines), encoding="utf-8")


def write_lineage(path: Path, op: str, records: list[Record], chosen: dict[str, int], submitted: int) -> None:
    """`chosen` counts how often a task was taken as a parent, also by tasks that failed and are not listed."""
    by_time = sorted(records, key=lambda r: r["time_us"])
    generations = sorted({generation(r["task_id"]) for r in records})
    out = [
        f"# Task Lineage Graph - {op}",
        "",
        f"**总任务数**: {len(records)} | **代数**: {len(generations)} | **最佳性能**: {by_time[0]['time_us']:.2f}us",
        "",
        "## 谱系图",
        "",
        "```mermaid",
        "flowchart TB",
        "",
    ]
    for number in generations:
        out.append(f"    subgraph {'初始任务' if number == 0 else f'Gen{number}'}")
        for r in records:
            if generation(r["task_id"]) == number:
                times = chosen.get(r["task_id"], 0)
                label = f"{r['task_id']}<br/>{r['time_us']:.2f}us | {r['base_us'] / r['time_us']:.2f}x"
                label += f"<br/>选{times}次" if times else ""
                out.append(f'        {r["task_id"]}["{label}"]')
        out += ["    end", ""]
    out.append("    %% 父子关系")
    out += [f"    {r['parent']} --> {r['task_id']}" for r in records if r["parent"]]
    out += ["", "```", "", "## 图例", "", "- 箭头：父代 → 子代", "", "## 任务详情", ""]
    out.append("| 任务 ID | 代数 | gen_time | speedup | 父代 | 被选次数 |")
    out.append("|---------|------|----------|---------|------|----------|")
    for r in by_time:
        number = generation(r["task_id"])
        out.append(
            f"| {r['task_id']} | {'初始' if number == 0 else f'G{number}'} | {r['time_us']:.2f}us "
            f"| {r['base_us'] / r['time_us']:.2f}x | {r['parent'] or '-'} | {chosen.get(r['task_id'], 0)} |"
        )
    out += ["", "## 搜索终止信息", "", "- **停止原因**: All versions were verified and timed"]
    failed = submitted - len(records)
    out.append(f"- **总提交**: {submitted} | **总成功**: {len(records)} | **总失败**: {failed}")
    out.append("- **使用进化控制器**: 否")
    path.write_text("\n".join(out) + "\n", encoding="utf-8")
