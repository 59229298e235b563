//! Where a run is watched from: progress bars, Ctrl-C, the parts that are kept, and room for large results.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::output::OutputSettings;
use super::{Error, interrupt, messages};
use crate::base::job::{Buffer, Job, Stage};
use crate::base::memory::memory;
use crate::base::share::{Shard, Share};
use crate::base::text::visible;
use crate::base::warning::Warning;
use crate::store::{self, Batch, Parts, RunFolder, Shards};

/// The [`Job`] of the command line.
pub struct Console {
    /// Another program that hears of progress instead of a terminal, and may ask to stop.
    caller: Option<Arc<dyn Job + Send>>,
    bar: Mutex<Option<ProgressBar>>,
    /// Bars are for people who watch.
    watched: bool,
    quiet: bool,
    folder: Option<RunFolder>,
    parts: Mutex<Option<Arc<Parts>>>,
    /// Which parts this process makes now.
    share: Mutex<Share>,
    /// Why parts of an interrupted run could not be used.
    ignored: Mutex<Vec<String>>,
    /// That the interrupted run in the folder was another one.
    other_run: Mutex<Option<Warning>>,
    /// The model whose turn it is, in a comparison.
    model: Mutex<String>,
    turns: Mutex<Turns>,
}

/// How far a comparison is.
#[derive(Default)]
struct Turns {
    /// Models in all; 0 outside of a comparison.
    total: usize,
    begun: Vec<Turn>,
}

struct Turn {
    began: Instant,
    /// Whether an earlier run did some of it: then it says nothing of how long a model takes.
    reuses: bool,
}

impl Turns {
    /// `2 of 3, all in about 40s: heuristic`: which model it is, and what the finished ones tell of the time left. The name
    /// stands last, where a narrow terminal cuts it.
    fn words(&self, model: &str) -> String {
        let (turn, total) = (self.begun.len().max(1), self.total);
        if total < 2 {
            return String::new();
        }
        let place = format!("{turn} of {total}");
        let finished = self.begun.windows(2).filter(|turns| !turns[0].reuses);
        let took: Vec<f64> = finished.map(|turns| (turns[1].began - turns[0].began).as_secs_f64()).collect();
        match self.begun.last() {
            Some(current) if !took.is_empty() => {
                let of_one = took.iter().sum::<f64>() / took.len() as f64;
                let left = of_one * (total + 1 - turn) as f64 - current.began.elapsed().as_secs_f64();
                let left = HumanDuration(Duration::from_secs_f64(left.max(1.0).round()));
                format!("{place}, all in about {left:#}: {}", visible(model))
            }
            _ => format!("{place}: {}", visible(model)),
        }
    }
}

impl Console {
    /// Takes over the last line of stderr, on a terminal; makes the run's folder, if one is asked for, and locks it.
    pub fn open(output: &OutputSettings) -> Result<Self, store::Error> {
        Ok(Console {
            watched: !output.quiet && io::stderr().is_terminal(),
            quiet: output.quiet,
            folder: output.out.as_deref().map(|path| open_folder(path, output.share)).transpose()?,
            share: Mutex::new(output.share),
            ..Console::silent()
        })
    }

    /// For another program that hears of progress; the run's folder is made and locked, if one is asked for.
    ///
    /// # Errors
    /// As [`Console::open`].
    pub fn for_caller(output: &OutputSettings, caller: Arc<dyn Job + Send>) -> Result<Self, store::Error> {
        Ok(Console {
            caller: Some(caller),
            folder: output.out.as_deref().map(RunFolder::create).transpose()?,
            ..Console::silent()
        })
    }

    /// For another program: nothing is shown and nothing is kept.
    pub fn silent() -> Self {
        Console {
            caller: None,
            bar: Mutex::default(),
            watched: false,
            quiet: true,
            folder: None,
            parts: Mutex::default(),
            share: Mutex::default(),
            ignored: Mutex::default(),
            other_run: Mutex::default(),
            model: Mutex::default(),
            turns: Mutex::default(),
        }
    }

    /// The run's folder.
    pub fn folder(&self) -> Option<&RunFolder> {
        self.folder.as_ref()
    }

    /// From here on finished parts are kept in the run's folder, if there is one. With `--resume` those of an interrupted
    /// run are used, if their key is the same; with `--shard` those of all shards.
    ///
    /// # Errors
    /// The folder cannot be written, or holds shards of another run; to put shards together, that not all are finished.
    pub fn keep_parts(&self, output: &OutputSettings, key: BTreeMap<String, String>) -> Result<(), crate::Error> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let parts = match output.share {
            Share::All if Shards::read(folder.path()).is_some() => {
                return Err(store::Error::HoldsShards(folder.path().to_owned()).into());
            }
            Share::All if output.resume => Parts::resume(folder, key)?,
            Share::All => Parts::start(folder, key)?,
            Share::Of(shard) => {
                let parts = Parts::join(folder, key)?;
                command(shard, &output.typed)?.join(folder)?;
                parts
            }
            Share::Nothing => {
                let shards =
                    Shards::read(folder.path()).ok_or_else(|| store::Error::NoShards(folder.path().to_owned()))?;
                let parts = Parts::join(folder, key)?;
                let absent = unfinished(&parts, shards.of);
                if !absent.is_empty() {
                    return Err(shards.unfinished(folder.path(), absent).into());
                }
                parts
            }
        };
        if !parts.differing().is_empty() {
            *lock(&self.other_run) = Some(Warning::OtherRun { differs: parts.differing().to_vec() });
        }
        *lock(&self.parts) = Some(Arc::new(parts));
        Ok(())
    }

    /// So many models have a turn each.
    pub fn begin_models(&self, total: usize) {
        *lock(&self.turns) = Turns { total, begun: Vec::new() };
    }

    /// Which parts this process makes from here on: where whole models are shared out, it makes all of one that is its own.
    pub fn set_share(&self, share: Share) {
        *lock(&self.share) = share;
    }

    /// Marks a shard as finished, and gives the shards that are not.
    ///
    /// # Errors
    /// The mark cannot be written.
    pub fn finish_shard(&self, shard: Shard) -> Result<Vec<usize>, store::Error> {
        let Some(parts) = self.parts() else { return Ok(Vec::new()) };
        parts.keep(Stage::Shard, "", shard.index as u64, b"")?;
        Ok(unfinished(&parts, shard.of))
    }

    /// The turn of the model of this name starts: its parts are kept under the name.
    pub fn begin_model(&self, name: &str) {
        *lock(&self.model) = name.to_owned();
        lock(&self.turns).begun.push(Turn { began: Instant::now(), reuses: false });
    }

    /// What was found about the parts of an interrupted run since the last call.
    pub fn take_warnings(&self) -> Vec<Warning> {
        let ignored = std::mem::take(&mut *lock(&self.ignored));
        let damaged = ignored.first().map(|first| Warning::DamagedParts { count: ignored.len(), first: first.clone() });
        lock(&self.other_run).take().into_iter().chain(damaged).collect()
    }

    /// The name of a part within the run: parts of several models are kept apart by the model's name.
    fn within(&self, section: &str) -> String {
        format!("{} {section}", lock(&self.model))
    }

    /// Gives the results their names, and removes the parts, which have done their work. Once the results are in their
    /// places the run has succeeded, whatever else cannot be removed.
    pub fn commit(&self, files: Batch) -> Result<(), store::Error> {
        let committed = files.commit()?;
        let parts = lock(&self.parts).take().map_or(Ok(()), |parts| parts.remove());
        if let Some(error) = committed.not_cleaned.or(parts.err()) {
            self.warn(&format!("the results are saved, but unfinished work is left next to them: {error}"));
        }
        Ok(())
    }

    fn parts(&self) -> Option<Arc<Parts>> {
        lock(&self.parts).clone()
    }
}

/// The run's folder: for this process alone, or shared with other shards.
fn open_folder(path: &Path, share: Share) -> Result<RunFolder, store::Error> {
    match share {
        Share::Of(_) => RunFolder::shared(path),
        Share::All | Share::Nothing => RunFolder::create(path),
    }
}

/// The command of this process, for those who put the parts together.
fn command(shard: Shard, typed: &[OsString]) -> Result<Shards, crate::Error> {
    let utf8 = |argument: &OsString| {
        let text = argument.to_str().map(str::to_owned);
        text.ok_or_else(|| Error::ShardOfBytes(argument.to_string_lossy().into_owned()))
    };
    let arguments = typed.iter().map(utf8).collect::<Result<_, _>>()?;
    let folder = std::env::current_dir().unwrap_or_default();
    Ok(Shards { of: shard.of, folder, arguments })
}

/// The shards that have not left their mark.
fn unfinished(parts: &Parts, of: usize) -> Vec<usize> {
    (0..of).filter(|shard| parts.kept(Stage::Shard, "", *shard as u64, &|_| ()).is_none()).collect()
}

/// Moves a bar on by what took no time now, so that its rate and the time left come from the rest.
fn leave_out(bar: &ProgressBar, by: u64) {
    bar.inc(by);
    // The bar takes notice of where it is when it is drawn; only then can it forget how fast it came there.
    bar.tick();
    bar.reset_eta();
}

/// A poisoned lock only means that another thread panicked; what it guards here is still whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Job for Console {
    fn begin(&self, stage: Stage, total: u64) {
        if let Some(caller) = &self.caller {
            caller.begin(stage, total);
        }
        if !self.watched {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let unit = match stage {
            Stage::Capture => "inputs",
            Stage::Pairs => "pairs",
            Stage::Intervals => "subsamples",
            Stage::Codes => "codes",
            Stage::Ablation => "inputs",
            Stage::Shard => "shards",
        };
        let turn = lock(&self.turns).words(&lock(&self.model));
        // The turn is worth more than the rate where there is not room for both.
        let rate = if turn.is_empty() { "{rate}" } else { "" };
        let template =
            format!("{{prefix:>9}} [{{bar:16}}] {{human_pos}}/{{human_len}} {unit}{rate}{{left}}  {{wide_msg}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            let rate = |state: &ProgressState, to: &mut dyn Write| {
                let whole = state.per_sec().round() as u64;
                if whole > 0 {
                    // Nothing can be done about a line that cannot be drawn.
                    let _ = write!(to, ", {}/s", HumanCount(whole));
                }
            };
            let left = |state: &ProgressState, to: &mut dyn Write| {
                // Before anything is done nobody knows.
                if state.pos() > 0 {
                    let _ = write!(to, ", {:#} left", HumanDuration(state.eta()));
                }
            };
            bar.set_style(style.progress_chars("=> ").with_key("rate", rate).with_key("left", left));
        }
        bar.set_prefix(stage.name());
        bar.set_message(turn);
        *lock(&self.bar) = Some(bar);
    }

    fn advance(&self, by: u64) {
        if let Some(caller) = &self.caller {
            caller.advance(by);
        }
        if let Some(bar) = lock(&self.bar).as_ref() {
            bar.inc(by);
        }
    }

    fn reuse(&self, by: u64) {
        if let Some(caller) = &self.caller {
            caller.reuse(by);
        }
        if let Some(bar) = lock(&self.bar).as_ref() {
            leave_out(bar, by);
        }
        if let Some(turn) = lock(&self.turns).begun.last_mut() {
            turn.reuses = true;
        }
    }

    fn end(&self) {
        if let Some(caller) = &self.caller {
            caller.end();
        }
        if let Some(bar) = lock(&self.bar).take() {
            bar.finish_and_clear();
        }
    }

    fn stopped(&self) -> bool {
        interrupt::has_come() || self.caller.as_ref().is_some_and(|caller| caller.stopped())
    }

    fn warn(&self, message: &str) {
        if let Some(caller) = &self.caller {
            caller.warn(message);
        }
        if self.quiet {
            return;
        }
        match lock(&self.bar).as_ref() {
            Some(bar) => bar.suspend(|| messages::warning(message, None)),
            None => messages::warning(message, None),
        }
    }

    fn kept(&self, stage: Stage, section: &str, index: u64) -> Option<Vec<u8>> {
        self.parts()?
            .kept(stage, &self.within(section), index, &|ignored| lock(&self.ignored).push(ignored.to_string()))
    }

    fn keep(&self, stage: Stage, section: &str, index: u64, bytes: &[u8]) -> io::Result<()> {
        match self.parts() {
            Some(parts) => Ok(parts.keep(stage, &self.within(section), index, bytes)?),
            None => Ok(()),
        }
    }

    fn share(&self) -> Share {
        *lock(&self.share)
    }

    fn buffer(&self, len: usize) -> io::Result<Box<dyn Buffer>> {
        if len.saturating_mul(size_of::<f64>()) <= memory() / 4
            && let Some(values) = zeroes(len)
        {
            return Ok(Box::new(values));
        }
        let scratch = self.folder.as_ref().map_or_else(std::env::temp_dir, |folder| folder.path().to_path_buf());
        store::mapped_buffer(&scratch, len)
    }
}

/// That many zeroes in memory; `None` where the system does not give it (a limit on the process, for one).
fn zeroes(len: usize) -> Option<Vec<f64>> {
    // Asked for first, since `vec!` ends the process where there is no memory. It alone gets zeroes from the system, which
    // cost nothing until they are used.
    let mut asked = Vec::<f64>::new();
    asked.try_reserve_exact(len).ok()?;
    drop(std::hint::black_box(asked));
    Some(vec![0.0; len])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_that_of_the_models_before() {
        let now = Instant::now();
        let ago = |seconds, reuses| Turn { began: now - Duration::from_secs(seconds), reuses };
        let of = |total, begun: Vec<Turn>| Turns { total, begun }.words("base");
        assert_eq!(of(0, vec![]), "", "one run is no comparison");
        assert_eq!(of(3, vec![ago(0, false)]), "1 of 3: base");
        // Two took 20 s each, and this one has just begun: two more are left, this one and the last.
        assert_eq!(of(4, vec![ago(40, false), ago(20, false), ago(0, false)]), "3 of 4, all in about 40s: base");
        // The first one was there from an earlier run.
        assert_eq!(of(4, vec![ago(21, true), ago(20, false), ago(0, false)]), "3 of 4, all in about 40s: base");
        assert_eq!(of(3, vec![ago(1, true), ago(0, false)]), "2 of 3: base");
    }

    #[test]
    fn what_an_earlier_run_did_does_not_count_as_fast() {
        let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::hidden());
        leave_out(&bar, 500);
        leave_out(&bar, 400);
        std::thread::sleep(Duration::from_millis(50));
        bar.inc(10);
        bar.tick();
        assert_eq!(bar.position(), 910);
        // Ten in no less than 50 ms are 200 per second at most, and 90 are left.
        assert!(bar.per_sec() <= 201.0, "{} per second", bar.per_sec());
        assert!(bar.eta() >= Duration::from_millis(440), "{:?} left", bar.eta());
    }
}
