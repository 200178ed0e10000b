//! Databases and pools, by crates that stand on tokio.

use bb8::ManageConnection;
use redis::AsyncTypedCommands;
use redis::aio::MultiplexedConnection;
use sqlx::Row;
use sqlx::postgres::PgPoolOptions;

use crate::servers::Service::{PostgreSql, Redis};
use crate::{Env, Meter, Outcome, ensure_eq};

/// The database's address, as a URL.
pub(super) fn postgres_url(env: &Env) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    Ok(format!("postgres://postgres@{}/postgres", env.address(PostgreSql)?))
}

pub(super) fn redis_url(env: &Env) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    Ok(format!("redis://{}/", env.address(Redis)?))
}

pub(super) async fn tokio_postgres(env: Env, meter: Meter) -> Outcome {
    let (client, connection) = tokio_postgres::connect(&postgres_url(&env)?, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    let statement = client.prepare("SELECT $1::TEXT || ' mondo'").await?;
    meter
        .each(async || {
            let row = client.query_one(&statement, &[&"ciao"]).await?;
            ensure_eq!(row.get::<_, &str>(0), "ciao mondo");
            Ok(())
        })
        .await?;
    drop((statement, client));
    connection.await??;
    Ok(())
}

pub(super) async fn sqlx(env: Env, meter: Meter) -> Outcome {
    let pool = PgPoolOptions::new().max_connections(2).connect(&postgres_url(&env)?).await?;
    meter
        .each(async || {
            let row = sqlx::query("SELECT $1 * 2").bind(21_i32).fetch_one(&pool).await?;
            ensure_eq!(row.try_get::<i32, _>(0)?, 42);
            Ok(())
        })
        .await?;
    // A transaction that is dropped is rolled back by a task of its own.
    let mut transaction = pool.begin().await?;
    sqlx::query("CREATE TABLE never (id INT)").execute(&mut *transaction).await?;
    drop(transaction);
    let there = sqlx::query("SELECT to_regclass('never')::TEXT").fetch_one(&pool).await?;
    ensure_eq!(there.try_get::<Option<String>, _>(0)?, None);
    pool.close().await;
    Ok(())
}

pub(super) async fn redis(env: Env, meter: Meter) -> Outcome {
    let client = redis::Client::open(redis_url(&env)?)?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let key = format!("key-{}", std::process::id());
    meter
        .each(async || {
            connection.set(&key, "value").await?;
            ensure_eq!(connection.get(&key).await?.as_deref(), Some("value"));
            Ok(())
        })
        .await?;
    connection.del(&key).await?;
    Ok(())
}

/// What tells the pool how to make and check a connection.
struct Manager(redis::Client);

impl ManageConnection for Manager {
    type Connection = MultiplexedConnection;
    type Error = redis::RedisError;

    async fn connect(&self) -> Result<MultiplexedConnection, redis::RedisError> {
        self.0.get_multiplexed_async_connection().await
    }

    async fn is_valid(&self, connection: &mut MultiplexedConnection) -> Result<(), redis::RedisError> {
        connection.ping().await.map(drop)
    }

    fn has_broken(&self, _: &mut MultiplexedConnection) -> bool {
        false
    }
}

pub(super) async fn bb8(env: Env, meter: Meter) -> Outcome {
    let manager = Manager(redis::Client::open(redis_url(&env)?)?);
    let pool = bb8::Pool::builder().max_size(2).min_idle(1).build(manager).await?;
    meter
        .each(async || {
            let (mut one, mut two) = tokio::try_join!(pool.get(), pool.get())?;
            ensure_eq!(tokio::try_join!(one.ping(), two.ping())?, ("PONG".to_owned(), "PONG".to_owned()));
            Ok(())
        })
        .await
}
