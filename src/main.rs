//! Yipanqi 一盘棋: `yipanqi` opens the hall, `yipanqi COMMAND` works on the shell. See [`yipanqi::shell`].

fn main() -> std::process::ExitCode {
    yipanqi::shell::run(std::env::args_os())
}
