import type { CallKind } from "./session.ts";

/** Names of tools as `toolName` writes them. A name that is not here is of kind `other`. */
const namesByKind: Record<Exclude<CallKind, "other">, string> = {
  shell: `bash sh zsh cmd powershell shell exec execute run command terminal
    execcommand shellcommand runshellcommand executebash executecommand executeshell localshell localshellcall
    runcommand runterminalcmd runterminalcommand runinterminal commandexecution runbash bashcommand shellexec
    writestdin ipython runipython executeipythoncell python runpython pythoninterpreter`,
  write: `write writefile writetofile create createfile createnewfile newfile savefile addfile overwritefile
    filewrite writetextfile`,
  edit: `edit editfile multiedit update updatefile replace strreplace strreplaceeditor strreplacebasededittool
    texteditor fileeditor replaceinfile searchreplace applypatch applydiff patch patchfile insert
    inserteditintofile replacestringinfile multireplacestringinfile notebookedit editnotebook editnotebookfile
    filechange fileedit edittextfile`,
  read: `read readfile readmanyfiles readtextfile readfiles readlines view viewfile viewimage cat open openfile
    getfile notebookread fileread`,
  search: `grep glob ls list listdir listdirectory listfiles listfolder find findfiles filesearch searchfiles
    searchfilecontent codesearch grepsearch globsearch ripgrep rg search searchdir searchfile codebasesearch
    semanticsearch toolsearch searchtext`,
  fetch: `webfetch fetch websearch websearchcall googlewebsearch googlesearch browser browse browseinteractive
    fetchurl urlfetch webbrowser httprequest fetchwebpage readurl`,
  delegate: `task agent delegate delegatetoagent delegatetask spawnagent subagent runsubagent invokeagent
    dispatchagent sendinput wait waitagent closeagent`,
  plan: `todowrite todoread todolist todo writetodos updateplan plan taskcreate taskupdate tasklist tasktracker
    exitplanmode enterplanmode updatetodolist managetodolist reportintent`,
};

const kinds: ReadonlyMap<string, CallKind> = new Map(
  Object.entries(namesByKind).flatMap(([kind, names]) =>
    names.split(/\s+/).map((name): [string, CallKind] => [name, kind as CallKind]),
  ),
);

/**
 * A tool's name without its server (`mcp__disk__write_file`, `functions.exec_command`) and without the way it is
 * spelled, so that `WriteFile`, `write_file` and `write-file` are one.
 */
export function toolName(tool: string): string {
  const own = tool.split(/__|[.:/]/).findLast((part) => part !== "") ?? "";
  return own.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** What a tool is for, by its name alone. */
export function kindOfTool(tool: string): CallKind {
  return kinds.get(toolName(tool)) ?? "other";
}
